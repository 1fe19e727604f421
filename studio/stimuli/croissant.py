"""An export in schema.org's description of data sets, in the form of Croissant 1.0."""

from collections.abc import Mapping, Sequence
from typing import Any

from faces.ground.digests import file_digest
from faces.ground.provenance import software
from studio.stimuli.columns import COUNT, NUMBER, TEXT, TRUTH, Column
from studio.stimuli.description import HOME, Description
from studio.stimuli.export_rows import TABLE

_MEDIA = {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp"}
_TYPES = {
    TEXT: "sc:Text", NUMBER: "sc:Float", COUNT: "sc:Integer", TRUTH: "sc:Boolean",
}  # fmt: skip
#: The standard's own, word for word, as readers want it.
_CONTEXT: Mapping[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}


def croissant(about: Description, columns: Sequence[Column], date: str) -> dict[str, Any]:
    """What croissant.json holds, by
    https://docs.mlcommons.org/croissant/docs/croissant-spec-1.0.html.

    Args:
        date: of publication, as 2026-11-28.
    """
    table = about.folder / f"{TABLE}.csv"
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": "facial-stimuli",
        "description": " ".join((f"{about.title}.", *about.facts)),
        "license": about.spdx or about.licence,
        "creator": {"@type": "sc:Organization", "name": software()},
        "datePublished": date,
        "version": "1.0.0",
        "url": HOME,
        "citeAs": "See CITATION.cff.",
        "distribution": [
            {
                "@type": "cr:FileObject",
                "@id": table.name,
                "name": table.name,
                "contentUrl": table.name,
                "encodingFormat": "text/csv",
                "contentSize": f"{table.stat().st_size} B",
                "sha256": file_digest(table),
            },
            {
                "@type": "cr:FileSet",
                "@id": "images",
                "name": "images",
                "description": "The pictures.",
                "encodingFormat": _MEDIA[about.suffix],
                "includes": f"images/*.{about.suffix}",
            },
        ],
        "recordSet": [
            {
                "@type": "cr:RecordSet",
                "@id": "stimuli",
                "name": "stimuli",
                "description": "One record a picture.",
                "key": {"@id": "stimuli/file"},
                "field": [_field(table.name, each) for each in columns],
            }
        ],
    }


def _field(table: str, column: Column) -> dict[str, Any]:
    return {
        "@type": "cr:Field",
        "@id": f"stimuli/{column.name}",
        "name": column.name,
        "description": column.description + (f" Unit: {column.unit}." if column.unit else ""),
        "dataType": _TYPES[column.kind],
        "source": {"fileObject": {"@id": table}, "extract": {"column": column.name}},
    }
