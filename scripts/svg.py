"""Draws pictures as SVG: text, bars, lines and curves, in colours for light and dark pages."""

import math
from xml.sax.saxutils import escape

WIDTH = 960  # of each picture

# Colours that are readable on the background of both themes. The background belongs to the picture, because
# a page may be dark while the system is light.
STYLE = """
text { font: 11px system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; fill: var(--text) }
.title { font-size: 14px; font-weight: 600 }
.head { font-weight: 600 }
.quiet { fill: var(--quiet) }
.right { text-anchor: end }
.middle { text-anchor: middle }
.strong { font-weight: 600; fill: var(--esse) }
.paper { fill: var(--paper) }
.grid { stroke: var(--grid) }
.axis { stroke: var(--quiet) }
.esse { --own: var(--esse) } .other { --own: var(--other) } .loss, .peer { --own: var(--loss) }
.second { --own: var(--second) } .third { --own: var(--third) } .floor { --own: var(--quiet) }
rect.bar, text.own { fill: var(--own) }
path { fill: none; stroke: var(--own); stroke-width: 2 }
path.dashed { stroke-dasharray: 5 4 }
circle { fill: var(--own) }
circle.open { fill: var(--paper); stroke: var(--own); stroke-width: 1.5 }
svg { --paper: #ffffff; --text: #1f2328; --quiet: #59636e; --grid: #d8dee4; --esse: #0550ae;
  --other: #8c959f; --loss: #bc4c00; --second: #6639ba; --third: #1a7f37 }
@media (prefers-color-scheme: dark) {
  svg { --paper: #0d1117; --text: #e6edf3; --quiet: #9198a1; --grid: #30363d; --esse: #58a6ff;
    --other: #6e7681; --loss: #f0883e; --second: #bc8cff; --third: #3fb950 }
}"""


class Picture:
    def __init__(self, title, description, height, sources):
        self.title, self.description, self.height = title, description, height
        self.parts = []
        self.text(16, 28, title, "title")
        self.text(WIDTH - 16, 28, f"from {', '.join(sources)}", "right quiet")

    def note(self, text):
        self.text(16, 48, text, "quiet")

    def text(self, x, y, text, kind=""):
        self.parts.append(f'<text x="{x:.4g}" y="{y:.4g}"{named(kind)}>{escape(text)}</text>')

    def bar(self, x, y, width, kind):
        self.parts.append(f'<rect x="{x:.4g}" y="{y:.4g}" width="{width:.4g}" height="10"{named(f"bar {kind}")}/>')

    def line(self, x1, y1, x2, y2, kind):
        self.parts.append(f'<line x1="{x1:.4g}" y1="{y1:.4g}" x2="{x2:.4g}" y2="{y2:.4g}"{named(kind)}/>')

    def curve(self, points, kind, dashed=False):
        path = "L".join(f"{x:.4g} {y:.4g}" for x, y in points)
        self.parts.append(f'<path d="M{path}"{named(f"dashed {kind}" if dashed else kind)}/>')
        for x, y in points:
            mark = f"open {kind}" if dashed else kind
            self.parts.append(f'<circle cx="{x:.4g}" cy="{y:.4g}" r="3"{named(mark)}/>')

    def svg(self):
        return "\n".join((
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {self.height}" role="img" '
            f'aria-labelledby="title desc" width="{WIDTH}" height="{self.height}">',
            "<!-- Written by scripts/pictures. -->",
            f'<title id="title">{escape(self.title)}</title>',
            f'<desc id="desc">{escape(self.description)}</desc>',
            f"<style>{STYLE}</style>",
            f'<rect class="paper" width="{WIDTH}" height="{self.height}" rx="6"/>',
            *self.parts,
            "</svg>\n",
        ))


def named(kind):
    return f' class="{kind}"' if kind else ""


class Logarithm:
    def __init__(self, low, high, length):
        self.low, self.high, self.length = low, high, length

    def __call__(self, value):
        return self.length * math.log(value / self.low) / math.log(self.high / self.low)

    def ticks(self):
        powers = range(math.ceil(math.log10(self.low)), math.floor(math.log10(self.high)) + 1)
        return [10.0**power for power in powers]


class Linear:
    def __init__(self, high, length):
        self.high, self.length = high, length

    def __call__(self, value):
        return self.length * value / self.high

    def ticks(self):
        return range(0, int(self.high) + 1, 5)
