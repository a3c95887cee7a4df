"""Asks an SCP to commit to the storage of objects, as a modality does; prints what it was told as JSON.

    commit.py PORT CLASS=INSTANCE... [--listen PORT]     with --listen: hangs up, and is called back
    commit.py PORT CLASS=INSTANCE... --transaction UID --hang-up     does not wait to be told
    commit.py PORT --transaction UID --listen PORT                   waits to be told of what was asked before

Run by commitment.test.ts, in the environment of `npm run setup:peers`.
"""

import argparse
import json
import queue

from pydicom.dataset import Dataset
from pydicom.uid import ImplicitVRLittleEndian, generate_uid
from pynetdicom import AE, evt
from pynetdicom.sop_class import StorageCommitmentPushModel, StorageCommitmentPushModelInstance

parser = argparse.ArgumentParser()
parser.add_argument("port", type=int)
parser.add_argument("references", nargs="*")
parser.add_argument("--listen", type=int)
parser.add_argument("--implicit", action="store_true")
parser.add_argument("--transaction")
parser.add_argument("--hang-up", action="store_true")
options = parser.parse_intermixed_args()

told = queue.Queue()
transaction = options.transaction or generate_uid()


def on_report(event):
    information = event.event_information
    told.put(
        {
            "type": event.event_type,
            "isOurs": information.TransactionUID == transaction,
            "kept": [item.ReferencedSOPInstanceUID for item in information.get("ReferencedSOPSequence", [])],
            "failed": {
                item.ReferencedSOPInstanceUID: item.FailureReason for item in information.get("FailedSOPSequence", [])
            },
            "by": event.assoc.requestor.ae_title,
        }
    )
    return 0x0000, None


def not_told(event):
    """One who hangs up hears nothing of what comes before he has: pynetdicom would answer it all the same."""
    event.assoc.abort()
    return 0x0110, None


ae = AE(ae_title="MR1")
ae.add_requested_context(StorageCommitmentPushModel, *([[ImplicitVRLittleEndian]] if options.implicit else []))
handlers = [(evt.EVT_N_EVENT_REPORT, on_report)]
server = None
if options.listen:
    listener = AE(ae_title="MR1")
    # The caller provides the service, and so asks for that role.
    listener.add_supported_context(StorageCommitmentPushModel, scu_role=False, scp_role=True)
    server = listener.start_server(("127.0.0.1", options.listen), block=False, evt_handlers=handlers)

if options.transaction and server:
    print(json.dumps(told.get(timeout=60)))
    server.shutdown()
    raise SystemExit(0)
on_association = [(evt.EVT_N_EVENT_REPORT, not_told)] if server or options.hang_up else handlers
association = ae.associate("127.0.0.1", options.port, ae_title="SULCUS", evt_handlers=on_association)
if not association.is_established:
    print(json.dumps({"refused": True}))
    raise SystemExit(1)
request = Dataset()
request.TransactionUID = transaction
request.ReferencedSOPSequence = []
for reference in options.references:
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = reference.split("=")
    request.ReferencedSOPSequence.append(item)
status, _ = association.send_n_action(request, 1, StorageCommitmentPushModel, StorageCommitmentPushModelInstance)
answer = {"status": status.Status if status else None}
if server and association.is_established:
    association.release()
if answer["status"] == 0 and not options.hang_up:
    answer |= told.get(timeout=30)
if not server and association.is_established:
    association.release()
print(json.dumps(answer))
if server:
    server.shutdown()
