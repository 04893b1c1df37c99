"""Markdown that staff write, as HTML. Raw HTML in it is shown as text, and links lead only to web addresses."""

from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")


def html(text: str) -> SafeString:
    rendered: str = _MARKDOWN.render(text)
    return mark_safe(rendered)  # noqa: S308 - the renderer escapes all text and refuses javascript: links
