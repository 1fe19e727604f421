from .alignment import chip_of_points as chip_of_points
from .alignment import chips_of_crops as chips_of_crops
from .config import SAME_PERSON as SAME_PERSON
from .network import IdentityNetwork as IdentityNetwork
from .people import distances as distances
from .people import group_people as group_people
from .reader import IdentityReader as IdentityReader
