"""Makes the calls that Triton's examples image_client.py and grpc_image_client.py make, of a running predictor.

usage: triton_examples.py --address HOST:PORT --model NAME
needs: npm run setup:peers, and then .sulcus/peers/bin/python

What the two check of a model before they ask is asserted. Prints one JSON line: the pixels, and the answer of each way
of asking, "probability:index:name" of the most probable class.
https://github.com/triton-inference-server/client/tree/main/src/python/examples
"""

import argparse
import base64
import json
import queue

import grpc
import numpy as np
import tritonclient.grpc as client_of
from tritonclient.grpc import service_pb2, service_pb2_grpc

TIMEOUT_S = 20

arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
arguments.add_argument("--address", required=True)
arguments.add_argument("--model", required=True)
options = arguments.parse_args()


def described(metadata, config):
    """What the examples demand of an image model: one input of three dimensions behind the batch, one vector out."""
    (given,) = metadata.inputs
    (wanted,) = metadata.outputs
    (configured,) = config.input
    assert wanted.datatype == "FP32"
    assert config.max_batch_size > 0
    assert [size for size in wanted.shape[1:] if size > 1] != [] and len(wanted.shape) == 2
    assert len(given.shape) == 4 and len(configured.dims) == 3
    return given, wanted, [int(size) for size in given.shape[1:]]


def stock(pixels, given, wanted):
    """image_client.py: the library's client, synchronous, asynchronous and on a stream."""
    client = client_of.InferenceServerClient(options.address)
    inputs = [client_of.InferInput(given.name, [1, *pixels.shape], given.datatype)]
    inputs[0].set_data_from_numpy(pixels[np.newaxis])
    outputs = [client_of.InferRequestedOutput(wanted.name, class_count=1)]
    best = lambda result: result.as_numpy(wanted.name).flat[0].decode()
    yield "sync", best(client.infer(options.model, inputs, outputs=outputs, request_id="1"))
    answers = queue.Queue()
    told = lambda result, error: answers.put(error or result)
    client.async_infer(options.model, inputs, callback=told, outputs=outputs, request_id="2")
    yield "async", best(answers.get(timeout=TIMEOUT_S))
    client.start_stream(callback=told)
    client.async_stream_infer(options.model, inputs, outputs=outputs, request_id="3")
    yield "streaming", best(answers.get(timeout=TIMEOUT_S))
    client.stop_stream()


def raw(stub, pixels, given, wanted):
    """grpc_image_client.py: messages built by hand."""
    request = service_pb2.ModelInferRequest(model_name=options.model, id="my request id")
    asked = service_pb2.ModelInferRequest().InferRequestedOutputTensor()
    asked.name = wanted.name
    asked.parameters["classification"].int64_param = 1
    request.outputs.extend([asked])
    sent = service_pb2.ModelInferRequest().InferInputTensor()
    sent.name = given.name
    sent.datatype = given.datatype
    sent.shape.extend([1, *pixels.shape])
    request.inputs.extend([sent])
    request.raw_input_contents.extend([pixels.tobytes()])

    def best(response):
        assert len(response.outputs) == 1 and response.id == "my request id"
        return client_of.InferResult(response).as_numpy(wanted.name).flat[0].decode()

    yield "raw", best(stub.ModelInfer(request))
    (streamed,) = stub.ModelStreamInfer(iter([request]))
    assert streamed.error_message == ""
    yield "raw streaming", best(streamed.infer_response)


stub = service_pb2_grpc.GRPCInferenceServiceStub(grpc.insecure_channel(options.address))
metadata = stub.ModelMetadata(service_pb2.ModelMetadataRequest(name=options.model, version=""))
config = stub.ModelConfig(service_pb2.ModelConfigRequest(name=options.model, version="")).config
given, wanted, shape = described(metadata, config)
pixels = (np.add.outer(np.arange(shape[0]) * 5, np.arange(shape[1]) * 2) % 256).astype(np.uint8)
pixels = np.repeat(pixels[:, :, np.newaxis], shape[2], axis=2)
best = dict([*stock(pixels, given, wanted), *raw(stub, pixels, given, wanted)])
print(json.dumps({"pixels": base64.b64encode(pixels.tobytes()).decode(), "best": best}))
