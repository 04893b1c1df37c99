"""Codes for a phone's camera."""

from io import BytesIO

import segno


def svg(text: str) -> str:
    """A square SVG picture of the text, for pages and for printed documents; who shows it gives it a name."""
    picture = BytesIO()
    segno.make_qr(text, error="m").save(
        picture,
        kind="svg",
        border=2,
        light="#fff",
        omitsize=True,
        xmldecl=False,
        nl=False,
        svgclass=None,
        lineclass=None,
    )
    return picture.getvalue().decode()
