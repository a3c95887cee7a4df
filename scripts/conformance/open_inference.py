"""Tries a running predictor as Python users of the Open Inference Protocol do: grpcio, and stubs of the protos alone.

usage: open_inference.py [--address HOST:PORT] [--model NAME] [--protos FOLDER] [--json] IMAGE...
needs: npm run setup:peers, and then .sulcus/peers/bin/python

Makes the six calls of the protocol, those of its extensions, and what stock clients (Triton's Python client, its load
generator) are known to do: raw tensors only, each BYTES element with its length in front, gzip, request parameters,
one stream. Prints a line per check and exits with 1 when one fails; --json prints what came back instead.
"""

import argparse
import json
import math
import struct
import sys
import tempfile
from pathlib import Path

import grpc
from grpc_tools import protoc

arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
arguments.add_argument("--address", default="127.0.0.1:7002")
arguments.add_argument("--model", help="default: the one that is ready")
arguments.add_argument("--protos", default=str(Path(__file__).resolve().parents[2] / "proto"))
arguments.add_argument("--json", action="store_true")
arguments.add_argument("images", nargs="+", type=Path)
options = arguments.parse_args()

stubs = tempfile.TemporaryDirectory()
# All there are: stubs are made of named files only, while each of them imports others.
FILES = sorted(str(path.relative_to(options.protos)) for path in Path(options.protos).rglob("*.proto"))
TARGETS = [f"--python_out={stubs.name}", f"--grpc_python_out={stubs.name}"]
if protoc.main(["protoc", f"-I{options.protos}", *TARGETS, *FILES]) != 0:
    sys.exit("protoc refused the proto files")
sys.path.insert(0, stubs.name)
from inference.v2 import grpc_service_pb2 as pb  # noqa: E402
from inference.v2 import grpc_service_pb2_grpc as rpc  # noqa: E402
from sulcus.v1 import predictor_pb2, predictor_pb2_grpc  # noqa: E402

TIMEOUT_S = 20
# What stock clients set: no limit of their own, and pings.
CHANNEL = [
    ("grpc.max_send_message_length", 2**31 - 1),
    ("grpc.max_receive_message_length", 2**31 - 1),
    ("grpc.keepalive_time_ms", 2**31 - 1),
    ("grpc.http2.max_pings_without_data", 2),
]


def request_for(model, images, request_id, **parameters):
    request = pb.ModelInferRequest(model_name=model, id=request_id)
    request.inputs.add(name="image", datatype="BYTES", shape=[len(images), 1])
    request.outputs.add(name="probabilities")
    request.raw_input_contents.append(b"".join(struct.pack("<I", len(image)) + image for image in images))
    for name, value in parameters.items():
        request.parameters[name].int64_param = value
    return request


def pixels_for(metadata, model):
    """A grey image as load generators make one: of the shape that the metadata tell."""
    (tensor,) = metadata.inputs
    shape = [1, *tensor.shape[1:]]
    request = pb.ModelInferRequest(model_name=model)
    request.inputs.add(name=tensor.name, datatype=tensor.datatype, shape=shape)
    request.raw_input_contents.append(bytes([128]) * math.prod(shape))
    return request


def rows(answer):
    """[images][classes], read as stock clients do: from raw_output_contents alone."""
    (output,), (raw,) = answer.outputs, answer.raw_output_contents
    count, classes = output.shape
    values = struct.unpack(f"<{count * classes}f", raw)
    return [list(values[row * classes : (row + 1) * classes]) for row in range(count)]


def top_classes(client, model, image):
    """(probability, index, name) of the most probable class, as the extension for classification gives it."""
    request = request_for(model, [image], "top")
    request.outputs[0].parameters["classification"].int64_param = 1
    raw = client.ModelInfer(request, timeout=TIMEOUT_S).raw_output_contents[0]
    (length,) = struct.unpack_from("<I", raw)
    probability, index, name = raw[4 : 4 + length].decode().split(":")
    return float(probability), int(index), name


def refusal(call, request):
    try:
        call(request, timeout=TIMEOUT_S)
    except grpc.RpcError as error:
        return error.code().name
    return "OK"


def tensors_of(described):
    return [[tensor.name, tensor.datatype, list(tensor.shape)] for tensor in described]


def server_facts(client):
    metadata = client.ServerMetadata(pb.ServerMetadataRequest(), timeout=TIMEOUT_S)
    return {
        "live": client.ServerLive(pb.ServerLiveRequest(), timeout=TIMEOUT_S).live,
        "ready": client.ServerReady(pb.ServerReadyRequest(), timeout=TIMEOUT_S).ready,
        "server": metadata.name,
        "extensions": list(metadata.extensions),
    }


def model_facts(client, model, metadata, config):
    return {
        "modelReady": client.ModelReady(pb.ModelReadyRequest(name=model), timeout=TIMEOUT_S).ready,
        "inputs": tensors_of(metadata.inputs),
        "outputs": tensors_of(metadata.outputs),
        "configured": [[tensor.name, list(tensor.dims)] for tensor in [*config.input, *config.output]],
        "dynamicBatching": config.WhichOneof("scheduling_choice") == "dynamic_batching",
        "maxBatchSize": config.max_batch_size,
    }


def answers_of(client, model, images, batch_size):
    """The same images asked in batches, on a stream, and compressed."""
    batches = [images[start : start + batch_size] for start in range(0, len(images), batch_size)]
    times = {"priority": 1, "timeout": TIMEOUT_S * 10**6}
    answers = [client.ModelInfer(request_for(model, batch, "all", **times), timeout=TIMEOUT_S) for batch in batches]
    requests = [request_for(model, [image], str(number)) for number, image in enumerate(images)]
    streamed = list(client.ModelStreamInfer(iter(requests), timeout=TIMEOUT_S))
    gzip = {"timeout": TIMEOUT_S, "compression": grpc.Compression.Gzip}
    compressed = [client.ModelInfer(request_for(model, [image], ""), **gzip) for image in images]
    return {
        "ids": sorted({answer.id for answer in answers}),
        "version": answers[0].model_version,
        "rows": [row for answer in answers for row in rows(answer)],
        "streamed": [rows(part.infer_response)[0] for part in streamed],
        "streamIds": [part.infer_response.id for part in streamed],
        "compressed": [rows(answer)[0] for answer in compressed],
        "top": [top_classes(client, model, image)[1] for image in images],
    }


def own_answers(channel, images):
    """The same images asked by sulcus.v1."""
    own = predictor_pb2_grpc.PredictorStub(channel)
    answers = [own.Predict(predictor_pb2.PredictRequest(image=image), timeout=TIMEOUT_S) for image in images]
    return [[each.probability for each in answer.probabilities] for answer in answers]


def collect(channel):
    client = rpc.GRPCInferenceServiceStub(channel)
    index = client.RepositoryIndex(pb.RepositoryIndexRequest(ready=True), timeout=TIMEOUT_S).models
    model = options.model or index[0].name
    metadata = client.ModelMetadata(pb.ModelMetadataRequest(name=model), timeout=TIMEOUT_S)
    config = client.ModelConfig(pb.ModelConfigRequest(name=model), timeout=TIMEOUT_S).config
    images = [path.read_bytes() for path in options.images]
    answers = answers_of(client, model, images, config.max_batch_size)
    statistics = client.ModelStatistics(pb.ModelStatisticsRequest(name=model), timeout=TIMEOUT_S).model_stats
    return {
        **server_facts(client),
        **model_facts(client, model, metadata, config),
        **answers,
        "own": own_answers(channel, images),
        "pixelSum": sum(rows(client.ModelInfer(pixels_for(metadata, model), timeout=TIMEOUT_S))[0]),
        "inferences": statistics[0].inference_count,
        "unknownModel": refusal(client.ModelMetadata, pb.ModelMetadataRequest(name="no such model")),
        "noImage": refusal(client.ModelInfer, request_for(model, [b"no image"], "bad")),
    }


def close(left, right):
    """Whether rows of probabilities are the same."""
    pairs = [(a, b) for one, other in zip(left, right) for a, b in zip(one, other)]
    return len(left) == len(right) and all(math.isclose(a, b, abs_tol=1e-4) for a, b in pairs)


def checks(told):
    described = [[name, shape[1:]] for name, _, shape in told["inputs"] + told["outputs"]]
    in_order = told["streamIds"] == [str(number) for number in range(len(told["rows"]))]
    most_probable = [row.index(max(row)) for row in told["rows"]]
    refused = (told["unknownModel"], told["noImage"])

    yield "ServerLive, ServerReady, ModelReady", told["live"] and told["ready"] and told["modelReady"]
    yield (
        "ServerMetadata names the server and the extension statistics",
        (told["server"] != "" and "statistics" in told["extensions"]),
    )
    yield "ModelMetadata and ModelConfig tell of the same tensors", told["configured"] == described
    yield (
        "ModelInfer answers a probability distribution per image",
        (all(math.isclose(sum(row), 1, abs_tol=1e-3) for row in told["rows"])),
    )
    yield "the request's id comes back", told["ids"] == ["all"]
    yield "ModelStreamInfer answers the same, in order", close(told["streamed"], told["rows"]) and in_order
    yield "gzip is understood", close(told["compressed"], told["rows"])
    yield "sulcus.v1.Predictor answers the same", close(told["own"], told["rows"])
    yield "classification names the most probable class", told["top"] == most_probable
    yield "pixels of the shape in the metadata are answered", math.isclose(told["pixelSum"], 1, abs_tol=1e-3)
    yield "ModelStatistics counts", told["inferences"] >= len(told["rows"])
    yield "an unknown model is NOT_FOUND, no image INVALID_ARGUMENT", refused == ("NOT_FOUND", "INVALID_ARGUMENT")


with grpc.insecure_channel(options.address, CHANNEL) as connection:
    told = collect(connection)
if options.json:
    print(json.dumps(told))
    sys.exit(0)
failed = 0
for what, holds in checks(told):
    print(f"{'ok' if holds else 'FAILED':6}  {what}")
    failed += not holds
sys.exit(1 if failed else 0)
