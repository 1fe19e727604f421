"""Tables as they come: dialects, names of columns, places of pictures, scales."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from faces.ground.errors import CircumplexError
from faces.sets import open_source

CASES = Path(__file__).parents[3] / "data" / "cases"


@pytest.fixture
def folder(tmp_path, crops) -> Path:
    """39 pictures named as the cases name them."""
    (tmp_path / "img").mkdir()
    for number in range(41):
        shutil.copy(crops[number % 40], tmp_path / "img" / f"Gesicht {number} ä.png")
    return tmp_path


def _found(source) -> int:
    return sum((source.root / path).is_file() for path in source.faces["path"])


@pytest.mark.parametrize(
    ("name", "note"),
    [
        ("spaces_header", "spaces around names"),
        ("semicolon", "separated by semicolons"),
        ("latin1", "Latin-1 (Windows-1252)"),
        ("windows_paths", "paths with slashes"),
    ],
)
def test_dialects_of_one_table(folder, name, note):
    shutil.copy(CASES / f"{name}.csv", folder)
    source = open_source(folder / f"{name}.csv")
    assert source.notes == (note,)
    assert len(source) == 39 and _found(source) == 39
    assert source.affect_reasons().isna().all()
    assert source.faces["expression"].notna().all()
    first = source.faces.iloc[0]
    assert (first["expression"], first["path"]) == ("neutral", "img/Gesicht 0 ä.png")
    assert first[["valence", "arousal"]].tolist() == pytest.approx([-0.3452, 0.2169])


def test_ratings_on_another_scale_are_asked_for(folder):
    shutil.copy(CASES / "scale_1_9.csv", folder)
    with pytest.raises(CircumplexError, match=r"from 2\.16 to 8\.17, .*--scale 1:9"):
        open_source(folder / "scale_1_9.csv")
    source = open_source(folder / "scale_1_9.csv", scale="1:9")
    assert source.affect_reasons().isna().all()
    assert source.faces["valence"][0] == pytest.approx((3.62 - 5) / 4)
    assert "ratings from 1 to 9, 5 becomes 0" in source.notes


def test_a_row_that_is_dropped_as_a_double_has_no_part_in_the_scale(folder):
    text = (CASES / "scale_1_9.csv").read_text(encoding="utf-8")
    header, first, *_ = text.splitlines()
    place = header.split(",").index("valence"), header.split(",").index("arousal")
    cells = ["-99" if at in place else cell for at, cell in enumerate(first.split(","))]
    table = folder / "scale_1_9.csv"
    table.write_text(f"{text.rstrip()}\n{','.join(cells)}\n", encoding="utf-8")
    with pytest.raises(CircumplexError, match=r"from 2\.16 to 8\.17, .*--scale 1:9$"):
        open_source(table)


def test_a_missing_rating_on_the_scale_that_was_given_leaves_the_row_its_expression(folder):
    text = (CASES / "scale_1_9.csv").read_text(encoding="utf-8")
    header, first, *rest = text.splitlines()
    place = header.split(",").index("valence"), header.split(",").index("arousal")
    cells = ["-99" if at in place else cell for at, cell in enumerate(first.split(","))]
    table = folder / "scale_1_9.csv"
    lines = [f"{header},label", *(f"{line},happy" for line in (",".join(cells), *rest))]
    table.write_text("\n".join(lines), encoding="utf-8")
    source = open_source(table, scale="1:9")
    assert "-99 is read as no label (2 ratings)" in source.notes
    assert source.affect_reasons().dropna().tolist() == ["valence or arousal missing"]
    assert source.faces["expression"][0] == "happiness" and source.faces["reason"][0] is None


def test_numbers_under_unknown_names_are_named_with_what_they_may_be(tmp_path):
    rows = [f"{n};g{n}.png;neutral;{4 + n / 7:.2f};{5 - n % 5};w;1" for n in range(20)]
    table = tmp_path / "ratings.csv"
    table.write_text(
        "\n".join(["Nr;Bild;Emotion;Valenz;Erregung;G;Welle", *rows]).replace(".", ",")
    )
    with pytest.raises(CircumplexError) as refused:
        open_source(table)
    assert "only Nr, Bild, Emotion, Valenz, Erregung, G, Welle; map the names" in str(refused.value)
    assert str(refused.value).endswith(
        "--column path=NAME --column valence=NAME --column arousal=NAME"
    )
    notes = open_source(table, columns={"path": "Bild"}).notes
    assert notes[-1] == (
        "numbers and not used: Valenz, Erregung; ratings are named as in --column valence=Valenz"
    )
    mapped = {"path": "Bild", "valence": "Valenz", "arousal": "Erregung"}
    assert not any(
        "not used" in note for note in open_source(table, columns=mapped, scale="1:9").notes
    )


def test_a_scale_may_hold_the_sign_for_no_label(folder):
    (folder / "faces.csv").write_text("path,valence,arousal\na.png,-2,-10\nb.png,10,0\n")
    faces = open_source(folder / "faces.csv", scale="-10:10").faces
    assert faces["valence"].tolist() == pytest.approx([-0.2, 1.0])
    assert faces["arousal"].tolist() == pytest.approx([-1.0, 0.0])


@pytest.mark.parametrize("scale", ["9:1", "1-9", "1:1", "a:b"])
def test_what_is_no_scale_says_so(folder, scale):
    shutil.copy(CASES / "scale_1_9.csv", folder)
    with pytest.raises(CircumplexError, match="LOW:HIGH"):
        open_source(folder / "scale_1_9.csv", scale=scale)


def test_ratings_from_0_to_1_are_pointed_out(folder):
    rows = "".join(f"{n}.png,{n / 20},{1 - n / 20}\n" for n in range(20))
    (folder / "faces.csv").write_text("path,valence,arousal\n" + rows)
    assert any("--scale 0:1" in note for note in open_source(folder / "faces.csv").notes)


PATHS = ("Path", "PATH", "image", "file", "filename", "img", "pth", "Image name", "file_name")
RATINGS = (("val", "aro"), ("V", "A"), ("Valence_mean", "Arousal_mean"))


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(("valence", "arousal"), RATINGS)
def test_columns_are_known_by_usual_names(folder, path, valence, arousal):
    table = pd.DataFrame({path: ["img/Gesicht 0 ä.png"], valence: [0.5], arousal: [-0.25]})
    table.to_csv(folder / "faces.csv", index=False)
    source = open_source(folder / "faces.csv")
    assert _found(source) == 1
    assert source.faces[["valence", "arousal"]].iloc[0].tolist() == [0.5, -0.25]
    assert f"valence from {valence}" in source.notes[0]


def test_words_come_before_codes_and_the_rest_is_named(folder):
    (folder / "faces.csv").write_text(
        "path,label,emotion,valence,dominance\na.png,3,happy,0.5,1\nb.png,2,sad,-0.5,2\n"
    )
    source = open_source(folder / "faces.csv")
    assert source.faces["expression"].tolist() == ["happiness", "sadness"]
    told = "; ".join(source.notes)
    assert "label-like and not used: label, dominance" in told
    assert "valence alone is no label of affect" in told
    assert not source.has_affect


def test_a_column_named_like_a_split_is_one_only_if_it_says_splits(folder):
    (folder / "faces.csv").write_text("path,set\na.png,FFHQ\nb.png,CelebA\n")
    assert open_source(folder / "faces.csv").faces["split"].tolist() == [None, None]
    (folder / "faces.csv").write_text("path,set\na.png,Training\nb.png,PublicTest\n")
    assert open_source(folder / "faces.csv").faces["split"].tolist() == ["train", "val"]


@pytest.mark.parametrize(
    "written",
    [
        "C:\\Users\\me\\faces\\img\\Gesicht {} ä.png",
        "D:/faces/img/Gesicht {} ä.png",
        "/home/me/faces/img/Gesicht {} ä.png",
        ".\\img\\Gesicht {} ä.png",
        "Gesicht {} ä.png",
        "img/Gesicht {} ä",
        "elsewhere/GESICHT {} ä.jpeg",
        "img/Gesicht {} a\u0308.png",
    ],
)
def test_pictures_are_found_however_their_paths_are_written(folder, written):
    table = pd.DataFrame({"path": [written.format(n) for n in range(5)], "emotion": "happy"})
    table.to_csv(folder / "faces.csv", index=False)
    source = open_source(folder / "faces.csv")
    assert [(source.root / path).name for path in source.faces["path"]] == [
        f"Gesicht {n} ä.png" for n in range(5)
    ]
    assert _found(source) == 5


def test_a_backslash_stays_where_nothing_is_found_otherwise(folder):
    (folder / "faces.csv").write_text("path\nno\\such\\file.png\n")
    assert open_source(folder / "faces.csv").faces["path"].tolist() == ["no\\such\\file.png"]


def test_leading_zeros_stay(folder):
    for number in (7, 12):
        shutil.copy(folder / "img" / "Gesicht 0 ä.png", folder / f"{number:05d}.png")
    (folder / "faces.csv").write_text("image,subject,emotion\n00007,001,happy\n00012,002,sad\n")
    source = open_source(folder / "faces.csv")
    assert source.faces["path"].tolist() == ["00007.png", "00012.png"]
    assert source.faces["identity"].tolist() == ["001", "002"]
    # a spreadsheet took them away
    (folder / "faces.csv").write_text("image,emotion\n7,happy\n12,sad\n")
    assert open_source(folder / "faces.csv").faces["path"].tolist() == ["00007.png", "00012.png"]


def test_pictures_in_a_folder_of_their_own(folder, tmp_path_factory):
    (lists := tmp_path_factory.mktemp("lists") / "faces.csv").write_text(
        "path,emotion\nGesicht 1 ä.png,happy\n"
    )
    assert _found(open_source(lists)) == 0
    source = open_source(lists, images=folder / "img")
    assert source.root == folder / "img" and _found(source) == 1


def test_a_table_without_a_header_says_so(folder):
    (folder / "list.csv").write_text("img/Gesicht 1 ä.png,happy\nimg/Gesicht 2 ä.png,sad\n")
    with pytest.raises(CircumplexError, match="has no header; add one"):
        open_source(folder / "list.csv")


def test_a_table_a_split(folder):
    for split in ("train", "test"):
        (folder / f"{split}_labels.csv").write_text(f"image,emotion\n{split}.png,happy\n")
    (folder / "readme.csv").write_text("nothing\n")
    faces = open_source(folder).faces
    assert sorted(zip(faces["path"], faces["split"], strict=True)) == [
        ("test.png", "test"),
        ("train.png", "train"),
    ]


def test_what_a_reader_found_is_no_label(folder):
    table = pd.DataFrame({"path": ["a.png", "b.png"], "label": ["sadness", "anger"]})
    table = table.assign(expression=["happiness", "neutral"], p_happiness=[0.9, 0.1])
    table.to_csv(folder / "readings.csv", index=False)
    source = open_source(folder / "readings.csv")
    assert source.faces["expression"].tolist() == ["sadness", "anger"]
    assert "label-like and not used: expression" in "; ".join(source.notes)
    table.assign(label=None).to_csv(folder / "readings.csv", index=False)
    assert not open_source(folder / "readings.csv").faces["expression"].notna().any()
    named = open_source(folder / "readings.csv", columns={"expression": "expression"})
    assert named.faces["expression"].tolist() == ["happiness", "neutral"]


def test_odd_cells_cost_their_row_alone(folder):
    cells = [["happy"], ["sad"], ["happy"]]
    table = pd.DataFrame({"path": ["a.png", "b.png", "c.png"], "emotion": cells, "split": None})
    table.assign(set=[["train"]] * 3).to_parquet(folder / "lists.parquet")
    assert open_source(folder / "lists.parquet").faces["expression"].isna().all()
    long = "x" * 300 + ".png"
    (folder / "long.csv").write_text(f"path,emotion\nimg/Gesicht 0 ä.png,happy\n{long},sad\n")
    assert open_source(folder / "long.csv").faces["path"].tolist() == ["img/Gesicht 0 ä.png", long]


def test_what_was_understood_of_every_table_is_told(folder):
    (folder / "train.csv").write_text("path;emotion\na.png;happy\n")
    (folder / "test.csv").write_text("path,emotion\nb.png,happy\n")
    (folder / "val.csv").write_bytes("path,emotion\nä.png,happy\n".encode("latin-1"))
    assert {"separated by semicolons", "Latin-1 (Windows-1252)"} <= set(open_source(folder).notes)


def test_words_that_are_no_expression_are_named(folder):
    rows = ["a.png,happy|surprise", "b.png,neutral", "c.png,happy|surprise", "d.png,tired"]
    (folder / "faces.csv").write_text("path,label\n" + "\n".join(rows))
    source = open_source(folder / "faces.csv")
    (note,) = [note for note in source.notes if note.startswith("no expression in")]
    assert note == "no expression in 'happy|surprise', 'tired' (3 rows; --map NAME=EXPRESSION)"
    mapped = open_source(folder / "faces.csv", explained={"tired": "none", "Happy|Surprise": "joy"})
    assert mapped.faces["expression"].tolist() == ["happiness", "neutral", "happiness", None]
    assert not any("no expression in" in note for note in mapped.notes)


def test_pictures_in_several_rows_are_pointed_out(folder):
    rows = [f"{name}.png,{rating},0.1" for name in "ab" for rating in (0.1, 0.5, -0.2)]
    (folder / "faces.csv").write_text("path,valence,arousal\n" + "\n".join([*rows, "c.png,0,0"]))
    source = open_source(folder / "faces.csv")
    assert any(note.startswith("2 pictures stand in several rows") for note in source.notes)


def test_a_table_without_rows_is_refused(folder):
    (folder / "faces.csv").write_text("path,valence,arousal\n")
    with pytest.raises(CircumplexError, match="a header and no rows"):
        open_source(folder / "faces.csv")


def test_a_folder_of_pictures_with_lines_of_json_has_labels(folder):
    lines = [f'{{"file_name": "img/Gesicht {n} ä.png", "label": "sad"}}' for n in range(3)]
    (folder / "metadata.jsonl").write_text("\n".join(lines), encoding="utf-8")
    source = open_source(folder)
    assert source.form == "table" and _found(source) == 3
    assert set(source.faces["expression"]) == {"sadness"}


def test_ratings_in_words_are_pointed_out(folder):
    rows = ["a.png,50%,0.1", "b.png,0.5,NA", "c.png,,high"]
    (folder / "faces.csv").write_text("path,valence,arousal\n" + "\n".join(rows))
    notes = open_source(folder / "faces.csv").notes
    assert {note for note in notes if "no number" in note} == {
        "valence is no number in 1 rows, such as '50%'",
        "arousal is no number in 1 rows, such as 'high'",
    }


def test_pictures_of_a_parquet_table_may_lie_beside_it(folder):
    cells = [{"bytes": None, "path": f"img/Gesicht {number} ä.png"} for number in range(3)]
    table = pd.DataFrame({"image": cells, "label": ["happy", "sad", "happy"]})
    table.to_parquet(folder / "train.parquet")
    source = open_source(folder / "train.parquet")
    assert _found(source) == 3 and source.faces["reason"].isna().all()
    assert source.faces["expression"].tolist() == ["happiness", "sadness", "happiness"]


def test_lines_of_json_that_a_program_left_are_no_table(folder):
    (folder / "log.jsonl").write_text('{"step": 1}\n')
    assert open_source(folder).form == "pictures"
    rows = [f"img/Gesicht {number} ä.png,sad" for number in range(3)]
    (folder / "labels.csv").write_text("path,label\n" + "\n".join(rows), encoding="utf-8")
    # readings have a column of paths as well
    (folder / "readings.jsonl").write_text('{"path": "img/a.png", "frame": 0}\n')
    source = open_source(folder)
    assert source.form == "table" and set(source.faces["expression"]) == {"sadness"}


def test_lines_of_json_that_cannot_be_read_are_not_passed_over(folder):
    (folder / "metadata.jsonl").write_text('{"file_name": "img/a.png"\n')
    with pytest.raises(CircumplexError, match=r"metadata\.jsonl is not a readable table"):
        open_source(folder)


@pytest.mark.parametrize("suffix", ["jsonl", "parquet"])
def test_people_keep_their_numbers_where_some_have_none(folder, suffix):
    people = [7, 12345678901234567, None]
    names = [f"img/Gesicht {number} ä.png" for number in range(3)]
    path = folder / f"faces.{suffix}"
    if suffix == "jsonl":
        pairs = zip(names, people, strict=True)
        rows = [{"path": name} | ({"identity": who} if who else {}) for name, who in pairs]
        path.write_text("\n".join(json.dumps(row) for row in rows))
    else:
        # as programs other than pandas write it, which says that the numbers are whole
        parquet.write_table(pa.table({"path": names, "identity": people}), path)
    assert open_source(path).faces["identity"].tolist() == ["7", "12345678901234567", None]
