from .app import build_app as build_app
from .engine import Engine as Engine
