"""The columns that every table of faces has, in their order; what a face shows stands behind."""

#: Which face a row is of: its picture's or video's path; the frame's number and its time stamp in
#: seconds, empty of a picture; the face's number in it, 0 being the largest; and who it is, from 1.
FACE = ("path", "frame", "time_s", "face", "person")
#: Where it is: its box in pixels of the picture once that was turned clockwise by so many degrees.
PLACE = ("left", "top", "right", "bottom", "turned")
