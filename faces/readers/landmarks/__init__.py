"""The face landmarker: pictures in, 478 points out, and the geometric features of them."""
