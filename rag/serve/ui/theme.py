"""The look of the page: Gradio's own variables set to our colours, in light and dark.

All fonts are the system's; nothing is loaded. Text on its background is at least 4.5:1 in both modes.
"""

from __future__ import annotations

import gradio as gr

FONTS = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "Liberation Sans", "sans-serif")
MONO = ("ui-monospace", "Cascadia Mono", "Liberation Mono", "monospace")
_TEAL = gr.themes.Color(
    name="teal",
    c50="#effaf8",
    c100="#d5f2ed",
    c200="#aee4dc",
    c300="#78cec4",
    c400="#43b0a6",
    c500="#1f948b",
    c600="#117a73",
    c700="#0f625d",
    c800="#114e4b",
    c900="#12413f",
    c950="#042625",
)


def make_theme() -> gr.themes.Base:
    """The theme object that Gradio wants."""
    theme = gr.themes.Base(
        primary_hue=_TEAL,
        secondary_hue=_TEAL,
        neutral_hue=gr.themes.colors.slate,
        font=list(FONTS),
        font_mono=list(MONO),
        radius_size=gr.themes.sizes.radius_md,
    )
    return theme.set(
        body_background_fill="#f6f7f9",
        body_background_fill_dark="#0f1518",
        body_text_color="#1c2730",
        body_text_color_dark="#e6edf0",
        body_text_color_subdued="#55636e",
        body_text_color_subdued_dark="#9fb0ba",
        background_fill_primary="#ffffff",
        background_fill_primary_dark="#161f24",
        background_fill_secondary="#f0f3f5",
        background_fill_secondary_dark="#1c272d",
        block_background_fill="#ffffff",
        block_background_fill_dark="#161f24",
        border_color_primary="#d8dfe4",
        border_color_primary_dark="#2c3a42",
        block_border_width="0px",
        block_shadow="none",
        block_label_text_color="#3c4a55",
        block_label_text_color_dark="#b9c7cf",
        block_info_text_color="#55636e",
        block_info_text_color_dark="#9fb0ba",
        input_background_fill="#ffffff",
        input_background_fill_dark="#10181c",
        input_border_color="#b9c4cc",
        input_border_color_dark="#3a4a53",
        input_border_width="1px",
        input_placeholder_color="#64727d",
        input_placeholder_color_dark="#8b9ca6",
        button_primary_background_fill="#0f625d",
        button_primary_background_fill_hover="#114e4b",
        button_primary_background_fill_dark="#43b0a6",
        button_primary_background_fill_hover_dark="#78cec4",
        button_primary_text_color="#ffffff",
        button_primary_text_color_dark="#04201e",
    )
