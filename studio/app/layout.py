"""The page's widgets and what each of them sets off."""

import math
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from faces.circumplex import DEFAULT_REACH
from studio.app.pad import circumplex_pad
from studio.app.session import MOST_EXPORTED, Session
from studio.engine import Choice, Engine
from studio.validation import STYLEGAN
from vae.config import DEFAULT_TRUNCATION
from vae.probing.factors import Factor

_HERE = Path(__file__).parent
_MARK = (
    '<svg class="mark" viewBox="-12 -12 24 24" aria-hidden="true"><circle r="10"/>'
    '<path d="M-10 0H10M0-10V10"/><circle class="spot" cx="4.5" cy="-4.5" r="2.6"/></svg>'
)
_PORTRAIT = """
<figure class="portrait">
  <img id="face" src="${value.src}" alt="${value.alt}" draggable="false">
  <figcaption>
    <span class="word">${value.word}</span><span class="who">${value.who}</span>
    <a class="save" href="${value.src}" download="${value.file}">Save PNG</a>
  </figcaption>
  <table class="readings">
    <thead><tr><th></th><th>valence</th><th>arousal</th></tr></thead>
    <tbody>
      <tr><th><i class="key dot-key"></i>asked for</th>
        <td>${value.asked[0]}</td><td>${value.asked[1]}</td></tr>
      <tr id="aimed" class="${value.beyond}"><th>the nearest that faces show</th>
        <td>${value.aimed[0]}</td><td>${value.aimed[1]}</td></tr>
      <tr id="reading"><th><i class="key ring-key"></i>model-predicted in the picture</th>
        <td>${value.read[0]}</td><td>${value.read[1]}</td></tr>
    </tbody>
  </table>
</figure>
"""
_GRID = """<figure class="sheet"><img id="grid" src="${value.src}"
  alt="The face on a grid of valence and arousal"></figure>"""
_SAVE = """
watch("value", () => {
  if (!props.value || !props.value.src) return;
  const link = document.createElement("a");
  link.href = props.value.src;
  link.download = props.value.file;
  link.click();
});
"""
#: Moves of the pad and the sliders: only the last of many counts, and nothing flickers.
_LIVE: dict[str, Any] = {"trigger_mode": "always_last", "show_progress": "hidden", "queue": False}
_ONCE: dict[str, Any] = {"show_progress": "hidden", "queue": False}


def build_app(engine: Engine, choice: Choice = STYLEGAN) -> gr.Blocks:
    """The page over an engine.

    Args:
        engine: with the models.
        choice: of them; or the name or path of a generator.

    Returns:
        Blocks; `studio.app.server.launch_options()` carries their theme and safe settings.
    """
    return _Page(Session(engine, choice)).blocks


class _Page:
    """The widgets, by name, while the page is put together."""

    def __init__(self, session: Session) -> None:
        self.session = session
        with gr.Blocks(
            title="Circumplex Studio", analytics_enabled=False, delete_cache=(600, 3600)
        ) as self.blocks:
            self._header()
            self.photo = gr.State(None)
            self.others = gr.State({})
            with gr.Tabs(elem_id="tabs"):
                with gr.Tab("Face"):
                    self._face_tab()
                with gr.Tab("Grid") as grid_tab:
                    self._grid_tab(grid_tab)
                with gr.Tab("Evidence") as evidence_tab:
                    page = gr.HTML(apply_default_css=False)
                    evidence_tab.select(session.evidence, None, page, **_ONCE)
                with gr.Tab("Export"):
                    self._export_tab()
            gr.HTML(
                '<p class="foot">Values are model-predicted, never human ratings. '
                "Nothing leaves this machine; no history is kept.</p>"
            )

    def _header(self) -> None:
        with gr.Row(elem_id="header"):
            gr.HTML(
                f'<h1>{_MARK}Circumplex Studio</h1><p class="tagline">'
                "One face, dragged through valence and arousal</p>",
                apply_default_css=False,
            )
            shade = gr.Button("Light / dark", size="sm", elem_id="shade", min_width=96, scale=0)
            shade.click(None, js="() => { document.body.classList.toggle('dark'); }")

    def _face_tab(self) -> None:
        session = self.session
        with gr.Row(elem_id="stage"):
            with gr.Column(scale=6, min_width=300):
                self.portrait = gr.HTML(
                    {"src": "", "alt": "", "word": "", "who": "", "file": "",
                     "asked": ["", ""], "aimed": ["", ""], "beyond": "", "read": ["", ""]},
                    html_template=_PORTRAIT,
                    apply_default_css=False,
                )  # fmt: skip
            with gr.Column(scale=5, min_width=300, elem_id="controls"):
                self.pad = circumplex_pad()
                self.valence = _affect_slider("Valence")
                self.arousal = _affect_slider("Arousal")
                factors = [(factor.name, *_factor_slider(factor)) for factor in session.factors]
                with gr.Row(elem_id="source"):
                    self.seed = gr.Number(14, label="Seed", precision=0, minimum=0, min_width=90)
                    new = gr.Button("New face", variant="primary", min_width=110, elem_id="new")
                    neutral = gr.Button("Neutral", min_width=90, elem_id="neutral")
                    refine = gr.Button("Refine", min_width=90, elem_id="refine")
                    animate = gr.Button("Animate", min_width=90, elem_id="animate")
                    upload = gr.UploadButton(
                        "Your photo", file_types=["image"], min_width=110, elem_id="upload"
                    )
                with gr.Accordion("More", open=False):
                    self.truncation = gr.Slider(
                        0, 1, DEFAULT_TRUNCATION, step=0.05, label="Truncation",
                        info="0 is the mean face, 1 the full spread of the training faces",
                    )  # fmt: skip
                    which = gr.Number(1, label="Face of the photo", precision=0, minimum=1,
                        info="by size, the largest first")  # fmt: skip
                    force = gr.Checkbox(
                        label="Take photos that come out as somebody else", elem_id="force"
                    )
        self._face_events(new, neutral)
        for name, box, slider in factors:
            box.input(lambda on: gr.update(visible=on), box, slider, **_ONCE)
            gr.on(
                [box.input, slider.input],
                session.set_factor(name),
                [box, slider, *self._everything()],
                [self.others, self.portrait, self.pad],
                **_LIVE,
            )
        refine.click(
            session.refined, self._everything(), [self.portrait, self.pad],
            show_progress_on=self.portrait,
        )  # fmt: skip
        animate.click(
            self.session.animated,
            [self.valence, self.arousal, self.seed, self.photo, self.truncation, self.others],
            gr.HTML(None, html_template="", js_on_load=_SAVE, visible="hidden"),
            show_progress_on=self.portrait,
        )
        upload.upload(
            session.take_photo,
            [upload, self.truncation, self.pad, which, force, self.others],
            [self.photo, self.valence, self.arousal, self.portrait, self.pad],
            show_progress_on=self.portrait,
        )

    def _face_events(self, new: gr.Button, neutral: gr.Button) -> None:
        session, views = self.session, [self.portrait, self.pad]
        place = [self.valence, self.arousal]
        everything = self._everything()
        gr.on(
            [self.valence.input, self.arousal.input, self.truncation.input],
            session.face, everything, views, **_LIVE,
        )  # fmt: skip
        self.pad.input(
            session.drag,
            [self.pad, self.seed, self.photo, self.truncation, self.others],
            [*place, *views],
            **_LIVE,
        )
        new.click(
            session.new_face,
            [*place, self.truncation, self.pad, self.others],
            [self.seed, self.photo, *views],
            **_ONCE,
        )
        self.seed.input(lambda: None, None, self.photo, **_ONCE).then(
            session.face, everything, views, **_LIVE
        )
        neutral.click(lambda: (0.0, 0.0), None, place, **_ONCE).then(
            session.face, everything, views, **_ONCE
        )
        self.blocks.load(session.face, everything, views, **_ONCE)

    def _everything(self) -> list[Any]:
        """What decides over the portrait."""
        return [
            self.valence, self.arousal, self.seed, self.photo, self.truncation, self.pad,
            self.others,
        ]  # fmt: skip

    def _grid_tab(self, tab: gr.Tab) -> None:
        with gr.Row(elem_id="grid-controls"):
            n = gr.Slider(3, 11, 7, step=2, label="Faces a side", min_width=210, buttons=[])
            fitted = gr.Checkbox(True, label="As far as faces can show it", min_width=210)
            reach = gr.Slider(
                0.2, 1.0, DEFAULT_REACH, step=0.1, label="Reach", min_width=210, buttons=[],
                visible=False,
            )  # fmt: skip
            saves = {
                kind: gr.Button(f"Save {name}", size="sm", min_width=80)
                for kind, name in (
                    ("png", "PNG"),
                    ("pdf", "PDF"),
                    ("svg", "SVG"),
                    ("tiles", "tiles"),
                )
            }
        sheet = gr.HTML({"src": ""}, html_template=_GRID, apply_default_css=False, min_height=320)
        download = gr.HTML(None, html_template="", js_on_load=_SAVE, visible="hidden")
        inputs = [self.seed, self.photo, self.truncation, n, fitted, reach, self.others]
        fitted.input(lambda on: gr.update(visible=not on), fitted, reach, **_ONCE)
        gr.on(
            [tab.select, n.release, fitted.input, reach.release],
            self.session.grid, inputs, sheet, trigger_mode="always_last", show_progress="minimal",
        )  # fmt: skip
        for kind, button in saves.items():
            button.click(self.session.grid_file(kind), inputs, download, show_progress_on=button)

    def _export_tab(self) -> None:
        gr.HTML(
            "<p class='lead'>Stimuli for an experiment: every seed at every point, PNG files with "
            "their recipes inside, a table of what was requested and what readers find, and "
            "checksums for <code>circumplex verify</code>. "
            f"Up to {MOST_EXPORTED} here; <code>circumplex export</code> has no limit.</p>",
            apply_default_css=False,
        )
        with gr.Row():
            with gr.Column(min_width=260):
                seeds = gr.Textbox("0-4", label="Seeds", info="such as 0-9,42", max_lines=1)
                layout = gr.Radio(
                    [("As far as faces can show it", "fitted"), ("Grid", "grid"), ("Ring", "ring")],
                    value="fitted",
                    label="Points",
                )
                matched = gr.Checkbox(label="Same mean and SD of luminance in all pictures")
            with gr.Column(min_width=260):
                n = gr.Slider(2, 11, 3, step=1, label="Grid: points a side", buttons=[])
                reach = gr.Slider(
                    0.2, 1.0, DEFAULT_REACH, step=0.1, label="Grid: reach", buttons=[],
                    visible=False,
                )  # fmt: skip
                ring = gr.Slider(
                    2, 36, 8, step=1, label="Ring: directions", buttons=[], visible=False
                )
                radii = gr.Textbox("0.4,0.8", label="Ring: intensities", max_lines=1, visible=False)
        run = gr.Button("Make the pictures", variant="primary", elem_id="export")
        note = gr.Markdown()
        done = gr.DownloadButton("Download the zip", visible=False, elem_id="download")
        layout.change(
            lambda kind: [gr.update(visible=kind != "ring"), gr.update(visible=kind == "grid")]
            + [gr.update(visible=kind == "ring")] * 2,
            layout, [n, reach, ring, radii], **_ONCE,
        )  # fmt: skip
        run.click(lambda: (gr.update(value=None, visible=False), ""), None, [done, note]).then(
            self.session.export,
            [seeds, layout, n, reach, ring, radii, matched, self.truncation, self.others],
            [done, note],
            show_progress_on=note,
        ).success(lambda: gr.update(visible=True), None, done)


def _affect_slider(label: str) -> gr.Slider:
    return gr.Slider(-1, 1, 0, step=0.01, label=label, elem_id=label.lower(), buttons=[])


def _factor_slider(factor: Factor) -> tuple[gr.Checkbox, gr.Slider]:
    """A box that sets a further factor, and the slider that says to what; else it is left alone."""
    digits = 2 - math.floor(math.log10(factor.high - factor.low))
    low, high, start = (round(end, digits) for end in (factor.low, factor.high, factor.mean))
    named = dict(zip((-1, 1), factor.classes or (), strict=False))
    info = "; ".join(f"{value} is {escape(word)}" for value, word in named.items())
    box = gr.Checkbox(label=f"Set {factor.name}")
    slider = gr.Slider(
        low, high, start, step=10.0**-digits, label=factor.name, info=info or None, buttons=[],
        visible=False,
    )  # fmt: skip
    return box, slider
