"""The one door to the official StyleGAN3 code, the submodule `stylegan3/`.

    door       where it lies, and how it is run: in a process of its own, never imported here
    repairs    what today's libraries took away from it, put back from outside, in that process
    finetune   its train.py, on CUDA
    measure    its generators, timed and saved, to stand beside ours

Nothing in it needs to be edited, and none of its code runs in this process. Of networks it is
handed only what the project's own readers let through.
"""

from gan_bridge.official.config import OfficialConfig
from gan_bridge.official.door import submodule_folder
from gan_bridge.official.finetune import (
    OfficialRun,
    config_like,
    finetune_command,
    network_config,
    run_finetune,
)
from gan_bridge.official.measure import OfficialTiming, save_official_network, time_official

__all__ = [
    "OfficialConfig",
    "OfficialRun",
    "OfficialTiming",
    "config_like",
    "finetune_command",
    "network_config",
    "run_finetune",
    "save_official_network",
    "submodule_folder",
    "time_official",
]
