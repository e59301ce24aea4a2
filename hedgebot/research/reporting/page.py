"""One HTML file: pictures inside, no script, nothing fetched."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1f2933; margin: 2rem auto; max-width: 62rem;
       padding: 0 1rem }
h1 { font-size: 1.5rem } h2 { font-size: 1.15rem; margin-top: 2.2rem }
svg { width: 100%; height: auto; margin: .6rem 0; font: 11.5px system-ui, sans-serif }
table { border-collapse: collapse; margin: .6rem 0 } caption { text-align: left; font-weight: 600 }
th, td { padding: .15rem .9rem .15rem 0; text-align: left; vertical-align: top }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums }
tr + tr td { border-top: 1px solid #e4e7eb } .faint { color: #616e7c } li { margin: .15rem 0 }
@media print { body { max-width: none } }
""".strip()


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of texts; columns named in `numbers` are set to the right."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    numbers: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Prose:
    """Sentences, as a list."""

    title: str
    sentences: Sequence[str]


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawing, as SVG."""

    svg: str


Block = Table | Prose | Picture


def page_of(title: str, under: str, sections: Iterable[tuple[str, Sequence[Block]]]) -> str:
    """The whole file.

    Args:
        title: of the page.
        under: a line below it.
        sections: each a heading and its blocks; those without blocks are left out.
    """
    body = "".join(
        f"<h2>{escape(heading)}</h2>{''.join(map(_block, blocks))}"
        for heading, blocks in sections
        if blocks
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>"
        f'<body><h1>{escape(title)}</h1><p class="faint">{escape(under)}</p>{body}</body></html>\n'
    )


def _block(block: Block) -> str:
    match block:
        case Picture():
            return block.svg
        case Prose():
            items = "".join(f"<li>{escape(each)}</li>" for each in block.sentences)
            return f"<p><b>{escape(block.title)}</b></p><ul>{items}</ul>"
        case Table():
            return _table(block)


def _table(table: Table) -> str:
    kinds = [' class="number"' if each in table.numbers else "" for each in table.columns]
    head = "".join(
        f"<th{kind}>{escape(each)}</th>" for kind, each in zip(kinds, table.columns, strict=True)
    )
    rows = "".join(
        "<tr>"
        + "".join(f"<td{kind}>{escape(cell)}</td>" for kind, cell in zip(kinds, row, strict=True))
        + "</tr>"
        for row in table.rows
    )
    caption = f"<caption>{escape(table.title)}</caption>" if table.title else ""
    return f"<table>{caption}<tr>{head}</tr>{rows}</table>"
