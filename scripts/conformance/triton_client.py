"""Tries a running predictor with Triton Inference Server's own Python client.

usage: triton_client.py [--address HOST:PORT] [--model NAME] IMAGE
needs: npm run setup:peers, and then .sulcus/peers/bin/python

Prints a line per check and exits with 1 when one fails.
"""

import argparse
import queue
import sys
from pathlib import Path

import numpy as np
import tritonclient.grpc as triton

TIMEOUT_S = 20

arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
arguments.add_argument("--address", default="127.0.0.1:7002")
arguments.add_argument("--model", help="default: the one that is ready")
arguments.add_argument("image", type=Path)
options = arguments.parse_args()


def tensor(values, datatype):
    made = triton.InferInput("image", list(values.shape), datatype)
    made.set_data_from_numpy(values)
    return made


def streamed(client, model, images):
    """Answers of a stream, in the order they came in."""
    answers = queue.Queue()
    client.start_stream(callback=lambda result, error: answers.put(error or result), stream_timeout=TIMEOUT_S)
    for number in range(3):
        client.async_stream_infer(model, [images], request_id=str(number))
    results = [answers.get(timeout=TIMEOUT_S) for _ in range(3)]
    client.stop_stream()
    return results


def refusal(call):
    try:
        call()
    except triton.InferenceServerException as error:
        return error.status()
    return "OK"


def checks(client):
    index = client.get_model_repository_index(as_json=True)["models"]
    model = options.model or next(each["name"] for each in index if each.get("state") == "READY")
    metadata = client.get_model_metadata(model)
    config = client.get_model_config(model, as_json=True)["config"]
    shape = [1, *metadata.inputs[0].shape[1:]]
    encoded = tensor(np.array([[options.image.read_bytes()]], dtype=np.object_), "BYTES")

    yield (
        "the server and the model are live and ready",
        (client.is_server_live() and client.is_server_ready() and client.is_model_ready(model)),
    )
    yield "metadata and configuration name the same model", metadata.name == config["name"] == model

    result = client.infer(model, [encoded], request_id="one", client_timeout=TIMEOUT_S)
    probabilities = result.as_numpy("probabilities")
    yield (
        "an encoded image is answered by probabilities of its classes",
        (probabilities.shape[0] == 1 and abs(probabilities.sum() - 1) < 1e-3 and result.get_response().id == "one"),
    )

    grey = client.infer(model, [tensor(np.full(shape, 128, dtype=np.uint8), "UINT8")], client_timeout=TIMEOUT_S)
    yield "pixels are answered, of the shape in the metadata", abs(grey.as_numpy("probabilities").sum() - 1) < 1e-3

    wanted = [triton.InferRequestedOutput("probabilities", class_count=1)]
    top = client.infer(model, [encoded], outputs=wanted, client_timeout=TIMEOUT_S).as_numpy("probabilities")
    yield (
        "classification names the most probable class",
        (int(top.flat[0].decode().split(":")[1]) == int(probabilities[0].argmax())),
    )

    answers = streamed(client, model, encoded)
    yield (
        "a stream is answered the same, in order",
        (
            all(isinstance(answer, triton.InferResult) for answer in answers)
            and [answer.get_response().id for answer in answers] == ["0", "1", "2"]
            and all(np.allclose(answer.as_numpy("probabilities"), probabilities, atol=1e-4) for answer in answers)
        ),
    )

    statistics = client.get_inference_statistics(model).model_stats[0]
    yield "statistics count images", statistics.inference_count >= 6

    nowhere = refusal(lambda: client.get_model_metadata("no such model"))
    spoiled = tensor(np.array([[b"no image"]], dtype=np.object_), "BYTES")
    broken = refusal(lambda: client.infer(model, [spoiled], client_timeout=TIMEOUT_S))
    yield (
        "an unknown model is NOT_FOUND, no image INVALID_ARGUMENT",
        ((nowhere, broken) == ("StatusCode.NOT_FOUND", "StatusCode.INVALID_ARGUMENT")),
    )


failed = 0
for what, holds in checks(triton.InferenceServerClient(options.address)):
    print(f"{'ok' if holds else 'FAILED':6}  {what}")
    failed += not holds
sys.exit(1 if failed else 0)
