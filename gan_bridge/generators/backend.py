"""What a picture was computed with: it decides over the last bits, and over nothing more."""


def device_class(device: object) -> str:
    """ "cpu", "cuda" or "mps" of a device's name such as "cuda:0"."""
    return str(device).partition(":")[0]


def describe_backend(device: object) -> dict[str, str]:
    """Kind of device, the model of a GPU or the instructions of a CPU, and torch's version.

    It names no machine. A test of equality says whether two pictures may be asked to agree to the
    last bit.
    """
    import torch

    kind = device_class(device)
    if kind == "cuda":
        unit = torch.cuda.get_device_name(torch.device(str(device)))
    else:
        unit = torch.backends.cpu.get_cpu_capability()
    return {"device": kind, "unit": unit, "torch": torch.__version__}


def say_backend(backend: dict[str, str]) -> str:
    """As in: cpu AVX2, torch 2.9.0."""
    return f"{backend['device']} {backend['unit']}, torch {backend['torch']}"
