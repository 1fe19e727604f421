"""The words and the HTML that raters see, the same in every program that shows a study."""

from studio.ratings.manikins import arousal_manikin, valence_manikin
from studio.ratings.scales import ENDS, QUESTIONS, TARGETS, RatingScale

_MIDDLE = "neither"
#: Words around the affect grid: Russell, Weiss & Mendelsohn (1989), fig. 1.
_CORNERS = {(9, 1): "stress", (9, 9): "excitement", (1, 1): "depression", (1, 9): "relaxation"}


def answer_form(scale: RatingScale) -> str:
    """HTML of the fields of one answer: inputs `valence` and `arousal`, or `affect_grid` as
    "valence,arousal". Every field must be answered before the form can be sent."""
    if scale.name == "grid":
        return _grid()
    row = _slider if scale.name == "sliders" else _points
    return "".join(
        f'<fieldset class="scale"><legend>{QUESTIONS[target]}</legend>'
        f"{row(target, scale)}</fieldset>"
        for target in TARGETS
    )


def instruction(scale: RatingScale, expected: tuple[float, float]) -> str:
    """What an instructed trial asks for, in words."""
    valence, arousal = expected
    if scale.name == "sliders":
        ways = [
            f"the slider of {target} all the way to {ENDS[target][int(value > 0)]!r}"
            for target, value in zip(TARGETS, expected, strict=True)
        ]
        asked = f"Please move {ways[0]} and {ways[1]}."
    elif scale.name == "grid":
        asked = (
            f"Please choose the square in column {valence:g} from the left and row {arousal:g} "
            "from the bottom."
        )
    else:
        asked = (
            f"Please choose answer {valence:g} from the left in the first row and answer "
            f"{arousal:g} from the left in the second."
        )
    return f"There is no face here: this trial checks that answers are read. {asked}"


def guide(scale: RatingScale) -> str:
    """How to answer, as HTML that stands before the first trial."""
    how = {
        "sam": "Choose one figure in each row.",
        "labelled": "Choose one point in each row.",
        "grid": "Choose one square: the further to the right, the more pleasant the feeling; the "
        "further up, the more excited. The middle is neither.",
        "sliders": "Move both sliders.",
    }[scale.name]
    return (
        "<h1>How do these people feel?</h1><p>You will see one face at a time. Say how the person "
        "feels: how unpleasant or pleasant, and how calm or excited. "
        f"{how} There are no right or wrong answers; go by your first impression. Now and then a "
        "trial without a face says which answer to give: please give that one.</p>"
    )


def _points(target: str, scale: RatingScale) -> str:
    draw = valence_manikin if target == "valence" else arousal_manikin
    first, last = (int(end) for end in (scale.low, scale.high))
    words = {first: ENDS[target][0], (first + last) // 2: _MIDDLE, last: ENDS[target][1]}
    cells = []
    for point in range(first, last + 1):
        sign = draw((point - first) / (last - first)) if scale.name == "sam" else str(point)
        cells.append(
            f'<label><input type="radio" name="{target}" value="{point}" required>'
            f'<span class="sign">{sign}</span><small>{words.get(point, "")}</small></label>'
        )
    return f'<div class="points">{"".join(cells)}</div>'


def _slider(target: str, scale: RatingScale) -> str:
    """The text field holds the answer: it is empty until the slider was moved."""
    low, high = ENDS[target]
    return (
        f'<div class="slider"><span>{low}</span><input type="range" min="{scale.low:g}" '
        f'max="{scale.high:g}" value="0" aria-label="{target}" '
        'oninput="this.nextElementSibling.value=this.value" '
        'onclick="this.nextElementSibling.value=this.value">'
        f'<input class="answer" name="{target}" required tabindex="-1"><span>{high}</span></div>'
    )


def _grid() -> str:
    rows = []
    for arousal in range(9, 0, -1):
        cells = [
            f'<label title="{_CORNERS.get((arousal, valence), "")}"><input type="radio" '
            f'name="affect_grid" value="{valence},{arousal}" required><span></span></label>'
            for valence in range(1, 10)
        ]
        rows.append("".join(cells))
    corners = {place: f"<span>{word}</span>" for place, word in _CORNERS.items()}
    return (
        '<fieldset class="scale"><legend>How does this person feel?</legend>'
        f'<div class="gridwords">{corners[9, 1]}<span>high arousal</span>{corners[9, 9]}</div>'
        '<div class="gridrow"><span>unpleasant feelings</span>'
        f'<div class="grid">{"".join(rows)}</div><span>pleasant feelings</span></div>'
        f'<div class="gridwords">{corners[1, 1]}<span>sleepiness</span>{corners[1, 9]}</div>'
        "</fieldset>"
    )
