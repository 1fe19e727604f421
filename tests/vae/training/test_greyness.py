"""Grey faces in a set of colour: known as grey, and compared with what they can show."""

import numpy as np
import torch

from vae.training.greyness import SIDE, grey_rows, greyed, is_grey, shown_like, some_greyed


def coloured(count: int = 4, side: int = 64) -> torch.Tensor:
    return torch.rand(count, 3, side, side, generator=torch.Generator().manual_seed(0)) * 2 - 1


def share_of_fine(images: torch.Tensor) -> torch.Tensor:
    """Share of the power in waves shorter than FER's pixels can carry."""
    power = torch.fft.rfft2(images - images.mean((2, 3), keepdim=True)).abs().square()
    side = images.shape[-1]
    high = torch.fft.fftfreq(side)[:, None].abs().maximum(torch.fft.rfftfreq(side)[None])
    return power[..., high * side > 1.25 * SIDE / 2].sum() / power.sum()


def test_what_is_greyed_is_grey_and_no_finer_than_fer() -> None:
    images = coloured()
    grey = greyed(images)
    assert is_grey(grey).all() and not is_grey(images).any()
    levels = ((grey + 1) * 127.5).round().byte().numpy()
    assert grey_rows(levels).all() and grey.shape == images.shape
    assert share_of_fine(greyed(coloured(side=128))) < 0.1 < share_of_fine(coloured(side=128))


def test_grey_rows_need_every_pixel() -> None:
    faces = np.full((2, 3, 8, 8), 100, np.uint8)
    faces[1, 0, 3, 3] = 110
    assert grey_rows(faces).tolist() == [True, False]


def test_an_output_is_shown_as_its_target_is() -> None:
    output = coloured().requires_grad_(True)
    target = coloured().flip(0)
    target[:2] = greyed(target[:2])
    shown = shown_like(output, target)
    assert is_grey(shown).tolist() == [True, True, False, False]
    assert torch.equal(shown[2:], output[2:])
    shown.square().mean().backward()
    assert output.grad is not None and output.grad[0].any()
    grey_set = torch.zeros(2, 1, 8, 8)
    assert shown_like(grey_set, grey_set) is grey_set


def test_a_share_of_the_inputs_is_greyed() -> None:
    images = coloured(200, 16)
    random = torch.Generator().manual_seed(1)
    assert 20 < int(is_grey(some_greyed(images, 0.25, random)).sum()) < 80
    assert torch.equal(some_greyed(images, 0.0, random), images)


def test_bf16_stays_bf16() -> None:
    assert greyed(coloured().bfloat16()).dtype == torch.bfloat16
