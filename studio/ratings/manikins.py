"""Manikins for nine-point scales: a face from frown to smile, a body from calm to excited.

They show the two ideas of the Self-Assessment Manikin (Lang 1980; Bradley & Lang 1994) and none of
its artwork.
"""

import math

_HEAD = '<circle cx="30" cy="20" r="14"/>'
_BODY = '<path d="M18 68v-20q0-12 12-12t12 12v20z"/>'


def valence_manikin(step: float) -> str:
    """SVG of a face; `step` from 0, the mouth turned down, to 1, turned up."""
    bend = 14 * (step - 0.5)
    mouth = f'<path d="M22 {27 - bend / 4:.1f}q8 {bend:.1f} 16 0"/>'
    return _svg(f"{_HEAD}{_eyes(1.6)}{mouth}{_BODY}")


def arousal_manikin(step: float) -> str:
    """SVG of a body; `step` from 0, asleep, to 1, eyes wide and a burst in the chest."""
    eyes = _eyes(0.4 + 2.6 * step) if step > 0.05 else '<path d="M22 18h5M33 18h5"/>'
    radius = 1.5 + 12 * step
    points = " ".join(
        f"{30 + reach * math.cos(angle):.1f},{52 + reach * math.sin(angle):.1f}"
        for k in range(16)
        for angle, reach in [(k * math.pi / 8, radius if k % 2 == 0 else radius / 2)]
    )
    burst = (
        f'<polygon points="{points}" fill="currentColor" fill-opacity="{0.2 + 0.7 * step:.2f}"/>'
    )
    return _svg(f'{_HEAD}{eyes}<path d="M25 27h10"/>{_BODY}{burst}')


def _eyes(radius: float) -> str:
    return "".join(
        f'<circle cx="{x}" cy="18" r="{radius:.1f}" fill="currentColor"/>' for x in (25, 35)
    )


def _svg(content: str) -> str:
    return (
        '<svg viewBox="10 0 40 72" aria-hidden="true" fill="none" stroke="currentColor" '
        f'stroke-width="1.6" stroke-linejoin="round" stroke-linecap="round">{content}</svg>'
    )
