"""What is known of the identity network's numbers without opening it."""

#: Numbers of an embedding.
WIDTH = 128
#: Euclidean distance up to which two pictures are taken for one person's, as dlib's author
#: recommends for pictures of all kinds; strangers are at about 0.8.
SAME_PERSON = 0.6
#: Distance from which on two pictures that are taken for one person's are worth a look: a little
#: beyond 0.47, where errors of both kinds are as frequent on the London Set (faces/weights/CARD.md,
#: which names this distance to those who ask for less).
LOOK_AGAIN = 0.5
