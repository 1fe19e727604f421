"""Colours and type of the page. Fonts are the system's own: nothing is fetched from anywhere."""

import gradio as gr

_AMBER = gr.themes.Color(
    "#fffbeb", "#fef3c7", "#fde68a", "#fcd34d", "#f2b23a", "#d9922b",
    "#b45309", "#92400e", "#78350f", "#5c2a0b", "#451a03", name="ember",
)  # fmt: skip
_STONE = gr.themes.Color(
    "#faf8f5", "#f3f0eb", "#e7e2da", "#d3ccc1", "#a59d90", "#7b7468",
    "#5b554c", "#423d37", "#2a2724", "#1c1a18", "#131211", name="paper",
)  # fmt: skip

_LOOK = {
    "body_background_fill": "*neutral_50",
    "body_background_fill_dark": "*neutral_950",
    "block_background_fill": "transparent",
    "block_background_fill_dark": "transparent",
    "block_border_width": "0px",
    "block_shadow": "none",
    "block_padding": "0px",
    "block_label_background_fill": "transparent",
    "block_label_background_fill_dark": "transparent",
    "block_label_border_width": "0px",
    "block_title_text_weight": "500",
    "block_title_text_color": "*neutral_700",
    "block_title_text_color_dark": "*neutral_300",
    "body_text_color": "*neutral_800",
    "body_text_color_dark": "*neutral_100",
    "body_text_color_subdued": "*neutral_500",
    "body_text_color_subdued_dark": "*neutral_400",
    "input_background_fill": "white",
    "input_background_fill_dark": "*neutral_900",
    "input_border_width": "1px",
    "input_border_color": "*neutral_300",
    "input_border_color_dark": "*neutral_700",
    "slider_color": "*primary_600",
    "slider_color_dark": "*primary_400",
    "button_primary_background_fill": "*neutral_800",
    "button_primary_background_fill_hover": "*neutral_700",
    "button_primary_background_fill_dark": "*primary_400",
    "button_primary_background_fill_hover_dark": "*primary_300",
    "button_primary_text_color": "white",
    "button_primary_text_color_dark": "*neutral_950",
    "button_secondary_background_fill": "white",
    "button_secondary_background_fill_hover": "*neutral_100",
    "button_secondary_background_fill_dark": "*neutral_900",
    "button_secondary_background_fill_hover_dark": "*neutral_800",
    "button_secondary_border_color": "*neutral_300",
    "button_secondary_border_color_dark": "*neutral_700",
    "button_border_width": "1px",
    "button_large_radius": "*radius_lg",
}


def studio_theme() -> gr.themes.Base:
    """Ink on warm paper, one accent; both light and dark."""
    return gr.themes.Base(
        primary_hue=_AMBER,
        secondary_hue=_AMBER,
        neutral_hue=_STONE,
        radius_size=gr.themes.sizes.radius_lg,
        font=["system-ui", "sans-serif"],
        font_mono=["ui-monospace", "monospace"],
    ).set(**_LOOK)
