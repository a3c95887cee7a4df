"""Stores a file under a SOP class and instance of the caller's choice, which no tool of DCMTK does; prints the answer.

    store-as.py PORT CALLED_TITLE FILE CLASS INSTANCE

Run by receive.test.ts, in the environment of `npm run setup:peers`.
"""

import json
import sys
from io import BytesIO

from pydicom import dcmread
from pynetdicom import AE
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.dsutils import encode

port, called, file, sop_class, sop_instance = sys.argv[1:]
data_set = dcmread(file)
syntax = data_set.file_meta.TransferSyntaxUID
ae = AE(ae_title="MR1")
ae.add_requested_context(sop_class, syntax)
association = ae.associate("127.0.0.1", int(port), ae_title=called)
[context] = association.accepted_contexts
request = C_STORE()
request.MessageID = 1
request.AffectedSOPClassUID = sop_class
request.AffectedSOPInstanceUID = sop_instance
request.Priority = 2
request.DataSet = BytesIO(encode(data_set, syntax.is_implicit_VR, syntax.is_little_endian))
association._reactor_checkpoint.clear()
association.dimse.send_msg(request, context.context_id)
_, answer = association.dimse.get_msg(block=True)
association._reactor_checkpoint.set()
association.release()
print(json.dumps({"status": answer.Status, "comment": str(answer.ErrorComment or "")}))
