"""A PACS that does as it is told: holds the objects of a folder, and meets requests as its plan says.

    pacs.py PORT FOLDER --retrieve-to PORT --find PLAN --retrieve PLAN

A plan is a list divided by commas, an entry for each request, the last one for all that follow: `ok`, a status such as
`a702`, `abort` in the middle, `fail` (the first object is one that cannot be sent), `lie` (C-MOVE: says that all was
sent, and sends nothing), `ff01` (C-FIND: matches by less than it was asked for), `silent` (answers never).

Run by query-retrieve.test.ts, in the environment of `npm run setup:peers`.
"""

import argparse
import pathlib
import time

from pydicom import dcmread
from pydicom.dataset import Dataset
from pynetdicom import AE, StoragePresentationContexts, evt
from pynetdicom.sop_class import (
    StudyRootQueryRetrieveInformationModelFind,
    StudyRootQueryRetrieveInformationModelGet,
    StudyRootQueryRetrieveInformationModelMove,
    Verification,
)

parser = argparse.ArgumentParser()
parser.add_argument("port", type=int)
parser.add_argument("folder")
parser.add_argument("--retrieve-to", type=int)
parser.add_argument("--find", default="ok")
parser.add_argument("--retrieve", default="ok")
options = parser.parse_args()

objects = [dcmread(path) for path in sorted(pathlib.Path(options.folder).glob("*.dcm"))]
plans = {"find": options.find.split(","), "retrieve": options.retrieve.split(",")}


def next_of(plan):
    return plans[plan].pop(0) if len(plans[plan]) > 1 else plans[plan][0]


KEYS = {"STUDY": "StudyInstanceUID", "SERIES": "SeriesInstanceUID", "IMAGE": "SOPInstanceUID"}


def wanted_by(identifier):
    """The objects that the unique keys of an identifier mean; a key may name several."""

    def is_meant(one, key):
        value = identifier.get(key)
        return not value or one.get(key) in ([value] if isinstance(value, str) else value)

    return [one for one in objects if all(is_meant(one, key) for key in KEYS.values())]


def matches(identifier):
    """One of them for each entity of the level."""
    key = KEYS[identifier.QueryRetrieveLevel]
    return {one.get(key): one for one in wanted_by(identifier)}.values()


def on_find(event):
    step = next_of("find")
    if step == "silent":
        time.sleep(60)
    if step == "abort":
        event.assoc.abort()
        return
    if step not in ("ok", "ff01"):
        yield int(step, 16), None
        return
    for one in matches(event.identifier):
        found = Dataset()
        found.QueryRetrieveLevel = event.identifier.QueryRetrieveLevel
        for key in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "Modality", "BodyPartExamined"):
            if key in event.identifier:
                setattr(found, key, one.get(key, ""))
        yield (0xFF01 if step == "ff01" else 0xFF00), found


def sending(event, step):
    """What C-GET and C-MOVE have in common, after the number of operations was said."""
    wanted = wanted_by(event.identifier)
    if step == "fail":
        # Of a class that nobody has agreed to.
        stranger = Dataset()
        stranger.update(wanted[0])
        stranger.file_meta = wanted[0].file_meta
        stranger.SOPClassUID = "1.2.840.10008.5.1.4.1.1.9999"
        wanted = [stranger, *wanted[1:]]
    yield len(wanted)
    if step not in ("ok", "fail", "abort"):
        yield int(step, 16), None
        return
    for index, one in enumerate(wanted):
        if step == "abort" and index == 1:
            event.assoc.abort()
            return
        yield 0xFF00, one


def on_get(event):
    step = next_of("retrieve")
    yield from sending(event, step)


def on_move(event):
    step = next_of("retrieve")
    if step == "a801":
        yield None, None
        return
    if step == "lie":
        yield "127.0.0.1", options.retrieve_to
        yield 0
        return
    yield "127.0.0.1", options.retrieve_to, {"ae_title": "SULCUS"}
    yield from sending(event, step)


ae = AE(ae_title="PACS")
for service in (
    Verification,
    StudyRootQueryRetrieveInformationModelFind,
    StudyRootQueryRetrieveInformationModelGet,
    StudyRootQueryRetrieveInformationModelMove,
):
    ae.add_supported_context(service)
for context in StoragePresentationContexts:
    ae.add_supported_context(context.abstract_syntax, scu_role=True, scp_role=True)
ae.requested_contexts = StoragePresentationContexts
ae.start_server(
    ("127.0.0.1", options.port),
    evt_handlers=[(evt.EVT_C_FIND, on_find), (evt.EVT_C_GET, on_get), (evt.EVT_C_MOVE, on_move)],
)
