"""What is known of the identity network's numbers without opening it."""

#: Numbers of an embedding.
WIDTH = 128
#: Euclidean distance up to which two pictures are taken for one person's, as dlib's author
#: recommends for pictures of all kinds; strangers are at about 0.8.
SAME_PERSON = 0.6
