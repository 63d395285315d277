"""Render README.md as a code browser does and take pictures of it: ``python .ci/readme.py FOLDER``.

A person looks at them after a change of the first screen: desktop and phone, light and dark.
"""

import sys
from pathlib import Path

from markdown_it import MarkdownIt

from tests.integration.dashboard.chromium import chromium

_STYLE = """
:root { color-scheme: light dark;
  --ink: #1f2328; --line: #d1d9e0; --code: #f6f8fa; --link: #0969da; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #f0f6fc; --line: #3d444d; --code: #151b23; --link: #4493f8; }
  body { background: #0d1117; }
}
body { max-width: 850px; margin: 0 auto; padding: 16px; color: var(--ink);
  font: 16px/1.5 system-ui, "Noto Sans", sans-serif; overflow-wrap: break-word; }
table { display: block; overflow-x: auto; border-collapse: collapse; }
td, th { border: 1px solid var(--line); padding: 6px 13px; }
pre, code { background: var(--code); font: 85% ui-monospace, monospace; }
pre { padding: 16px; overflow-x: auto; }
code { padding: .2em .4em; } pre code { padding: 0; font-size: 100%; }
img { max-width: 100%; } a { color: var(--link); }
"""


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    markdown = MarkdownIt("commonmark", {"html": True}).enable("table")
    body = markdown.render(Path("README.md").read_text(encoding="utf-8"))
    page = Path("README.html")
    page.write_text(
        '<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<style>{_STYLE}</style>{body}"
    )
    try:
        with chromium(Path(".cache")) as browser:
            for scheme in ("light", "dark"):
                for name, width in (("desktop", 1280), ("phone", 390)):
                    view = browser.new_page(
                        viewport={"width": width, "height": 1500},
                        color_scheme=scheme,
                    )
                    view.goto(page.absolute().as_uri())
                    view.screenshot(path=folder / f"{name}-{scheme}.png", full_page=True)
                    view.close()
    finally:
        page.unlink()


if __name__ == "__main__":
    main()
