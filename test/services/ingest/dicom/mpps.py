"""Tells an SCP of performed procedure steps, as a modality does; prints the status of each message as JSON.

    mpps.py PORT create=UID,STUDY | set=UID,STATUS[,OBJECT...] ...

Run by procedure-steps.test.ts, in the environment of `npm run setup:peers`.
"""

import argparse
import json

from pydicom.dataset import Dataset
from pydicom.uid import generate_uid
from pynetdicom import AE
from pynetdicom.sop_class import ModalityPerformedProcedureStep

parser = argparse.ArgumentParser()
parser.add_argument("port", type=int)
parser.add_argument("messages", nargs="+")
options = parser.parse_args()

ae = AE(ae_title="MR1")
ae.add_requested_context(ModalityPerformedProcedureStep)
association = ae.associate("127.0.0.1", options.port, ae_title="SULCUS")
if not association.is_established:
    print(json.dumps([]))
    raise SystemExit(1)

statuses = []
for message in options.messages:
    kind, _, rest = message.partition("=")
    uid, *words = rest.split(",")
    step = Dataset()
    if kind == "create":
        item = Dataset()
        item.StudyInstanceUID = words[0] if words else ""
        item.AccessionNumber = ""
        step.ScheduledStepAttributesSequence = [item]
        step.PerformedProcedureStepStatus = "IN PROGRESS"
        step.Modality = "MR"
        step.PatientName = "Doe^Jane"
        step.PerformedSeriesSequence = []
        status, _ = association.send_n_create(step, ModalityPerformedProcedureStep, uid or None)
    else:
        step.PerformedProcedureStepStatus, *objects = words
        series = Dataset()
        series.SeriesInstanceUID = generate_uid()
        series.ReferencedImageSequence = []
        for name in objects:
            image = Dataset()
            image.ReferencedSOPClassUID = "1.2.840.10008.5.1.4.1.1.4"
            image.ReferencedSOPInstanceUID = name
            series.ReferencedImageSequence.append(image)
        step.PerformedSeriesSequence = [series]
        status, _ = association.send_n_set(step, ModalityPerformedProcedureStep, uid)
    statuses.append(status.Status if status else None)
association.release()
print(json.dumps(statuses))
