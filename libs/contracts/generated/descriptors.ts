/** Of protobufjs: an INamespace. */
export const DESCRIPTORS: object = {
 "nested": {
  "inference": {
   "nested": {
    "GRPCInferenceService": {
     "methods": {
      "ServerLive": {
       "requestType": "ServerLiveRequest",
       "responseType": "ServerLiveResponse"
      },
      "ServerReady": {
       "requestType": "ServerReadyRequest",
       "responseType": "ServerReadyResponse"
      },
      "ModelReady": {
       "requestType": "ModelReadyRequest",
       "responseType": "ModelReadyResponse"
      },
      "ServerMetadata": {
       "requestType": "ServerMetadataRequest",
       "responseType": "ServerMetadataResponse"
      },
      "ModelMetadata": {
       "requestType": "ModelMetadataRequest",
       "responseType": "ModelMetadataResponse"
      },
      "ModelInfer": {
       "requestType": "ModelInferRequest",
       "responseType": "ModelInferResponse"
      },
      "ModelStreamInfer": {
       "requestType": "ModelInferRequest",
       "requestStream": true,
       "responseType": "ModelStreamInferResponse",
       "responseStream": true
      },
      "ModelConfig": {
       "requestType": "ModelConfigRequest",
       "responseType": "ModelConfigResponse"
      },
      "ModelStatistics": {
       "requestType": "ModelStatisticsRequest",
       "responseType": "ModelStatisticsResponse"
      },
      "RepositoryIndex": {
       "requestType": "RepositoryIndexRequest",
       "responseType": "RepositoryIndexResponse"
      },
      "RepositoryModelLoad": {
       "requestType": "RepositoryModelLoadRequest",
       "responseType": "RepositoryModelLoadResponse"
      },
      "RepositoryModelUnload": {
       "requestType": "RepositoryModelUnloadRequest",
       "responseType": "RepositoryModelUnloadResponse"
      }
     }
    },
    "ServerLiveRequest": {
     "fields": {}
    },
    "ServerLiveResponse": {
     "fields": {
      "live": {
       "type": "bool",
       "id": 1
      }
     }
    },
    "ServerReadyRequest": {
     "fields": {}
    },
    "ServerReadyResponse": {
     "fields": {
      "ready": {
       "type": "bool",
       "id": 1
      }
     }
    },
    "ModelReadyRequest": {
     "fields": {
      "name": {
       "type": "string",
       "id": 1
      },
      "version": {
       "type": "string",
       "id": 2
      }
     }
    },
    "ModelReadyResponse": {
     "fields": {
      "ready": {
       "type": "bool",
       "id": 1
      }
     }
    },
    "ServerMetadataRequest": {
     "fields": {}
    },
    "ServerMetadataResponse": {
     "fields": {
      "name": {
       "type": "string",
       "id": 1
      },
      "version": {
       "type": "string",
       "id": 2
      },
      "extensions": {
       "rule": "repeated",
       "type": "string",
       "id": 3
      }
     }
    },
    "ModelMetadataRequest": {
     "fields": {
      "name": {
       "type": "string",
       "id": 1
      },
      "version": {
       "type": "string",
       "id": 2
      }
     }
    },
    "ModelMetadataResponse": {
     "fields": {
      "name": {
       "type": "string",
       "id": 1
      },
      "versions": {
       "rule": "repeated",
       "type": "string",
       "id": 2
      },
      "platform": {
       "type": "string",
       "id": 3
      },
      "inputs": {
       "rule": "repeated",
       "type": "TensorMetadata",
       "id": 4
      },
      "outputs": {
       "rule": "repeated",
       "type": "TensorMetadata",
       "id": 5
      }
     },
     "nested": {
      "TensorMetadata": {
       "fields": {
        "name": {
         "type": "string",
         "id": 1
        },
        "datatype": {
         "type": "string",
         "id": 2
        },
        "shape": {
         "rule": "repeated",
         "type": "int64",
         "id": 3
        }
       }
      }
     }
    },
    "InferParameter": {
     "oneofs": {
      "parameterChoice": {
       "oneof": [
        "boolParam",
        "int64Param",
        "stringParam",
        "doubleParam",
        "uint64Param"
       ]
      }
     },
     "fields": {
      "boolParam": {
       "type": "bool",
       "id": 1
      },
      "int64Param": {
       "type": "int64",
       "id": 2
      },
      "stringParam": {
       "type": "string",
       "id": 3
      },
      "doubleParam": {
       "type": "double",
       "id": 4
      },
      "uint64Param": {
       "type": "uint64",
       "id": 5
      }
     }
    },
    "InferTensorContents": {
     "fields": {
      "boolContents": {
       "rule": "repeated",
       "type": "bool",
       "id": 1
      },
      "intContents": {
       "rule": "repeated",
       "type": "int32",
       "id": 2
      },
      "int64Contents": {
       "rule": "repeated",
       "type": "int64",
       "id": 3
      },
      "uintContents": {
       "rule": "repeated",
       "type": "uint32",
       "id": 4
      },
      "uint64Contents": {
       "rule": "repeated",
       "type": "uint64",
       "id": 5
      },
      "fp32Contents": {
       "rule": "repeated",
       "type": "float",
       "id": 6
      },
      "fp64Contents": {
       "rule": "repeated",
       "type": "double",
       "id": 7
      },
      "bytesContents": {
       "rule": "repeated",
       "type": "bytes",
       "id": 8
      }
     }
    },
    "ModelInferRequest": {
     "fields": {
      "modelName": {
       "type": "string",
       "id": 1
      },
      "modelVersion": {
       "type": "string",
       "id": 2
      },
      "id": {
       "type": "string",
       "id": 3
      },
      "parameters": {
       "keyType": "string",
       "type": "InferParameter",
       "id": 4
      },
      "inputs": {
       "rule": "repeated",
       "type": "InferInputTensor",
       "id": 5
      },
      "outputs": {
       "rule": "repeated",
       "type": "InferRequestedOutputTensor",
       "id": 6
      },
      "rawInputContents": {
       "rule": "repeated",
       "type": "bytes",
       "id": 7
      }
     },
     "nested": {
      "InferInputTensor": {
       "fields": {
        "name": {
         "type": "string",
         "id": 1
        },
        "datatype": {
         "type": "string",
         "id": 2
        },
        "shape": {
         "rule": "repeated",
         "type": "int64",
         "id": 3
        },
        "parameters": {
         "keyType": "string",
         "type": "InferParameter",
         "id": 4
        },
        "contents": {
         "type": "InferTensorContents",
         "id": 5
        }
       }
      },
      "InferRequestedOutputTensor": {
       "fields": {
        "name": {
         "type": "string",
         "id": 1
        },
        "parameters": {
         "keyType": "string",
         "type": "InferParameter",
         "id": 2
        }
       }
      }
     }
    },
    "ModelInferResponse": {
     "fields": {
      "modelName": {
       "type": "string",
       "id": 1
      },
      "modelVersion": {
       "type": "string",
       "id": 2
      },
      "id": {
       "type": "string",
       "id": 3
      },
      "parameters": {
       "keyType": "string",
       "type": "InferParameter",
       "id": 4
      },
      "outputs": {
       "rule": "repeated",
       "type": "InferOutputTensor",
       "id": 5
      },
      "rawOutputContents": {
       "rule": "repeated",
       "type": "bytes",
       "id": 6
      }
     },
     "nested": {
      "InferOutputTensor": {
       "fields": {
        "name": {
         "type": "string",
         "id": 1
        },
        "datatype": {
         "type": "string",
         "id": 2
        },
        "shape": {
         "rule": "repeated",
         "type": "int64",
         "id": 3
        },
        "parameters": {
         "keyType": "string",
         "type": "InferParameter",
         "id": 4
        },
        "contents": {
         "type": "InferTensorContents",
         "id": 5
        }
       }
      }
     }
    },
    "ModelStreamInferResponse": {
     "fields": {
      "errorMessage": {
       "type": "string",
       "id": 1
      },
      "inferResponse": {
       "type": "ModelInferResponse",
       "id": 2
      }
     }
    },
    "ModelConfigRequest": {
     "fields": {
      "name": {
       "type": "string",
       "id": 1
      },
      "version": {
       "type": "string",
       "id": 2
      }
     }
    },
    "ModelConfigResponse": {
     "fields": {
      "config": {
       "type": "ModelConfig",
       "id": 1
      }
     }
    },
    "ModelStatisticsRequest": {
     "fields": {
      "name": {
       "type": "string",
       "id": 1
      },
      "version": {
       "type": "string",
       "id": 2
      }
     }
    },
    "StatisticDuration": {
     "fields": {
      "count": {
       "type": "uint64",
       "id": 1
      },
      "ns": {
       "type": "uint64",
       "id": 2
      }
     }
    },
    "InferStatistics": {
     "fields": {
      "success": {
       "type": "StatisticDuration",
       "id": 1
      },
      "fail": {
       "type": "StatisticDuration",
       "id": 2
      },
      "queue": {
       "type": "StatisticDuration",
       "id": 3
      },
      "computeInput": {
       "type": "StatisticDuration",
       "id": 4
      },
      "computeInfer": {
       "type": "StatisticDuration",
       "id": 5
      },
      "computeOutput": {
       "type": "StatisticDuration",
       "id": 6
      },
      "cacheHit": {
       "type": "StatisticDuration",
       "id": 7
      },
      "cacheMiss": {
       "type": "StatisticDuration",
       "id": 8
      }
     }
    },
    "InferBatchStatistics": {
     "fields": {
      "batchSize": {
       "type": "uint64",
       "id": 1
      },
      "computeInput": {
       "type": "StatisticDuration",
       "id": 2
      },
      "computeInfer": {
       "type": "StatisticDuration",
       "id": 3
      },
      "computeOutput": {
       "type": "StatisticDuration",
       "id": 4
      }
     }
    },
    "ModelStatistics": {
     "fields": {
      "name": {
       "type": "string",
       "id": 1
      },
      "version": {
       "type": "string",
       "id": 2
      },
      "lastInference": {
       "type": "uint64",
       "id": 3
      },
      "inferenceCount": {
       "type": "uint64",
       "id": 4
      },
      "executionCount": {
       "type": "uint64",
       "id": 5
      },
      "inferenceStats": {
       "type": "InferStatistics",
       "id": 6
      },
      "batchStats": {
       "rule": "repeated",
       "type": "InferBatchStatistics",
       "id": 7
      }
     }
    },
    "ModelStatisticsResponse": {
     "fields": {
      "modelStats": {
       "rule": "repeated",
       "type": "ModelStatistics",
       "id": 1
      }
     }
    },
    "ModelRepositoryParameter": {
     "oneofs": {
      "parameterChoice": {
       "oneof": [
        "boolParam",
        "int64Param",
        "stringParam",
        "bytesParam"
       ]
      }
     },
     "fields": {
      "boolParam": {
       "type": "bool",
       "id": 1
      },
      "int64Param": {
       "type": "int64",
       "id": 2
      },
      "stringParam": {
       "type": "string",
       "id": 3
      },
      "bytesParam": {
       "type": "bytes",
       "id": 4
      }
     }
    },
    "RepositoryIndexRequest": {
     "fields": {
      "repositoryName": {
       "type": "string",
       "id": 1
      },
      "ready": {
       "type": "bool",
       "id": 2
      }
     }
    },
    "RepositoryIndexResponse": {
     "fields": {
      "models": {
       "rule": "repeated",
       "type": "ModelIndex",
       "id": 1
      }
     },
     "nested": {
      "ModelIndex": {
       "fields": {
        "name": {
         "type": "string",
         "id": 1
        },
        "version": {
         "type": "string",
         "id": 2
        },
        "state": {
         "type": "string",
         "id": 3
        },
        "reason": {
         "type": "string",
         "id": 4
        }
       }
      }
     }
    },
    "RepositoryModelLoadRequest": {
     "fields": {
      "repositoryName": {
       "type": "string",
       "id": 1
      },
      "modelName": {
       "type": "string",
       "id": 2
      },
      "parameters": {
       "keyType": "string",
       "type": "ModelRepositoryParameter",
       "id": 3
      }
     }
    },
    "RepositoryModelLoadResponse": {
     "fields": {}
    },
    "RepositoryModelUnloadRequest": {
     "fields": {
      "repositoryName": {
       "type": "string",
       "id": 1
      },
      "modelName": {
       "type": "string",
       "id": 2
      },
      "parameters": {
       "keyType": "string",
       "type": "ModelRepositoryParameter",
       "id": 3
      }
     }
    },
    "RepositoryModelUnloadResponse": {
     "fields": {}
    },
    "ModelConfig": {
     "oneofs": {
      "schedulingChoice": {
       "oneof": [
        "dynamicBatching"
       ]
      }
     },
     "fields": {
      "name": {
       "type": "string",
       "id": 1
      },
      "platform": {
       "type": "string",
       "id": 2
      },
      "versionPolicy": {
       "type": "ModelVersionPolicy",
       "id": 3
      },
      "maxBatchSize": {
       "type": "int32",
       "id": 4
      },
      "input": {
       "rule": "repeated",
       "type": "ModelInput",
       "id": 5
      },
      "output": {
       "rule": "repeated",
       "type": "ModelOutput",
       "id": 6
      },
      "instanceGroup": {
       "rule": "repeated",
       "type": "ModelInstanceGroup",
       "id": 7
      },
      "dynamicBatching": {
       "type": "ModelDynamicBatching",
       "id": 11
      },
      "parameters": {
       "keyType": "string",
       "type": "ModelParameter",
       "id": 14
      },
      "backend": {
       "type": "string",
       "id": 17
      },
      "modelTransactionPolicy": {
       "type": "ModelTransactionPolicy",
       "id": 19
      }
     }
    },
    "DataType": {
     "values": {
      "TYPE_INVALID": 0,
      "TYPE_BOOL": 1,
      "TYPE_UINT8": 2,
      "TYPE_UINT16": 3,
      "TYPE_UINT32": 4,
      "TYPE_UINT64": 5,
      "TYPE_INT8": 6,
      "TYPE_INT16": 7,
      "TYPE_INT32": 8,
      "TYPE_INT64": 9,
      "TYPE_FP16": 10,
      "TYPE_FP32": 11,
      "TYPE_FP64": 12,
      "TYPE_STRING": 13,
      "TYPE_BF16": 14
     }
    },
    "ModelInput": {
     "fields": {
      "name": {
       "type": "string",
       "id": 1
      },
      "dataType": {
       "type": "DataType",
       "id": 2
      },
      "format": {
       "type": "Format",
       "id": 3
      },
      "dims": {
       "rule": "repeated",
       "type": "int64",
       "id": 4
      },
      "optional": {
       "type": "bool",
       "id": 8
      }
     },
     "nested": {
      "Format": {
       "values": {
        "FORMAT_NONE": 0,
        "FORMAT_NHWC": 1,
        "FORMAT_NCHW": 2
       }
      }
     }
    },
    "ModelOutput": {
     "fields": {
      "name": {
       "type": "string",
       "id": 1
      },
      "dataType": {
       "type": "DataType",
       "id": 2
      },
      "dims": {
       "rule": "repeated",
       "type": "int64",
       "id": 3
      }
     }
    },
    "ModelVersionPolicy": {
     "oneofs": {
      "policyChoice": {
       "oneof": [
        "latest",
        "all",
        "specific"
       ]
      }
     },
     "fields": {
      "latest": {
       "type": "Latest",
       "id": 1
      },
      "all": {
       "type": "All",
       "id": 2
      },
      "specific": {
       "type": "Specific",
       "id": 3
      }
     },
     "nested": {
      "Latest": {
       "fields": {
        "numVersions": {
         "type": "uint32",
         "id": 1
        }
       }
      },
      "All": {
       "fields": {}
      },
      "Specific": {
       "fields": {
        "versions": {
         "rule": "repeated",
         "type": "int64",
         "id": 1
        }
       }
      }
     }
    },
    "ModelInstanceGroup": {
     "fields": {
      "name": {
       "type": "string",
       "id": 1
      },
      "count": {
       "type": "int32",
       "id": 2
      },
      "kind": {
       "type": "Kind",
       "id": 4
      }
     },
     "nested": {
      "Kind": {
       "values": {
        "KIND_AUTO": 0,
        "KIND_GPU": 1,
        "KIND_CPU": 2,
        "KIND_MODEL": 3
       }
      }
     }
    },
    "ModelQueuePolicy": {
     "fields": {
      "timeoutAction": {
       "type": "TimeoutAction",
       "id": 1
      },
      "defaultTimeoutMicroseconds": {
       "type": "uint64",
       "id": 2
      },
      "allowTimeoutOverride": {
       "type": "bool",
       "id": 3
      },
      "maxQueueSize": {
       "type": "uint32",
       "id": 4
      }
     },
     "nested": {
      "TimeoutAction": {
       "values": {
        "REJECT": 0,
        "DELAY": 1
       }
      }
     }
    },
    "ModelDynamicBatching": {
     "fields": {
      "preferredBatchSize": {
       "rule": "repeated",
       "type": "int32",
       "id": 1
      },
      "maxQueueDelayMicroseconds": {
       "type": "uint64",
       "id": 2
      },
      "preserveOrdering": {
       "type": "bool",
       "id": 3
      },
      "priorityLevels": {
       "type": "uint64",
       "id": 4
      },
      "defaultPriorityLevel": {
       "type": "uint64",
       "id": 5
      },
      "defaultQueuePolicy": {
       "type": "ModelQueuePolicy",
       "id": 6
      },
      "priorityQueuePolicy": {
       "keyType": "uint64",
       "type": "ModelQueuePolicy",
       "id": 7
      }
     }
    },
    "ModelParameter": {
     "fields": {
      "stringValue": {
       "type": "string",
       "id": 1
      }
     }
    },
    "ModelTransactionPolicy": {
     "fields": {
      "decoupled": {
       "type": "bool",
       "id": 1
      }
     }
    }
   }
  },
  "sulcus": {
   "nested": {
    "v1": {
     "nested": {
      "ArchivedSample": {
       "fields": {
        "scan": {
         "type": "Scan",
         "id": 1
        },
        "label": {
         "type": "string",
         "id": 2
        },
        "labelledUnixMs": {
         "type": "uint64",
         "id": 3
        },
        "scanSequence": {
         "type": "uint64",
         "id": 4
        },
        "archivedUnixMs": {
         "type": "uint64",
         "id": 5
        },
        "perceptualHash": {
         "type": "bytes",
         "id": 6
        },
        "ownLabel": {
         "type": "bool",
         "id": 7
        }
       }
      },
      "ArchiveEntry": {
       "fields": {
        "site": {
         "type": "string",
         "id": 1
        },
        "studyId": {
         "type": "string",
         "id": 2
        },
        "split": {
         "type": "Split",
         "id": 3
        },
        "label": {
         "type": "string",
         "id": 4
        },
        "source": {
         "type": "string",
         "id": 5
        },
        "scanSequence": {
         "type": "uint64",
         "id": 6
        },
        "earlierSequences": {
         "rule": "repeated",
         "type": "uint64",
         "id": 7
        },
        "patientId": {
         "type": "string",
         "id": 8
        },
        "archivedLabel": {
         "type": "string",
         "id": 9
        }
       }
      },
      "Split": {
       "values": {
        "SPLIT_UNSPECIFIED": 0,
        "SPLIT_TRAIN": 1,
        "SPLIT_VALIDATION": 2,
        "SPLIT_TEST": 3,
        "SPLIT_GATE": 4
       }
      },
      "BlobRef": {
       "fields": {
        "sha256": {
         "type": "string",
         "id": 1
        },
        "sizeBytes": {
         "type": "uint64",
         "id": 2
        },
        "chunkCount": {
         "type": "uint32",
         "id": 3
        }
       }
      },
      "Payload": {
       "oneofs": {
        "content": {
         "oneof": [
          "inline",
          "blob"
         ]
        }
       },
       "fields": {
        "inline": {
         "type": "bytes",
         "id": 1
        },
        "blob": {
         "type": "BlobRef",
         "id": 2
        }
       }
      },
      "ClassProbability": {
       "fields": {
        "className": {
         "type": "string",
         "id": 1
        },
        "probability": {
         "type": "double",
         "id": 2
        }
       }
      },
      "PredictError": {
       "fields": {
        "name": {
         "type": "string",
         "id": 1
        },
        "code": {
         "type": "string",
         "id": 2
        },
        "message": {
         "type": "string",
         "id": 3
        }
       }
      },
      "Scan": {
       "fields": {
        "sampleId": {
         "type": "string",
         "id": 1
        },
        "studyId": {
         "type": "string",
         "id": 2
        },
        "patientId": {
         "type": "string",
         "id": 3
        },
        "site": {
         "type": "string",
         "id": 4
        },
        "split": {
         "type": "Split",
         "id": 5
        },
        "label": {
         "type": "string",
         "id": 6
        },
        "image": {
         "type": "Payload",
         "id": 7
        },
        "format": {
         "type": "string",
         "id": 8
        },
        "width": {
         "type": "uint32",
         "id": 9
        },
        "height": {
         "type": "uint32",
         "id": 10
        },
        "channels": {
         "type": "uint32",
         "id": 11
        },
        "receivedUnixMs": {
         "type": "uint64",
         "id": 12
        },
        "source": {
         "type": "string",
         "id": 13
        },
        "dicom": {
         "type": "DicomFacts",
         "id": 20
        }
       }
      },
      "DicomFacts": {
       "oneofs": {
        "_positionMm": {
         "oneof": [
          "positionMm"
         ]
        },
        "_windowLow": {
         "oneof": [
          "windowLow"
         ]
        },
        "_windowHigh": {
         "oneof": [
          "windowHigh"
         ]
        }
       },
       "fields": {
        "modality": {
         "type": "string",
         "id": 1
        },
        "plane": {
         "type": "string",
         "id": 2
        },
        "sequence": {
         "type": "string",
         "id": 3
        },
        "bodyPart": {
         "type": "string",
         "id": 4
        },
        "seriesId": {
         "type": "string",
         "id": 5
        },
        "positionMm": {
         "type": "double",
         "id": 6,
         "options": {
          "proto3_optional": true
         }
        },
        "windowRule": {
         "type": "string",
         "id": 7
        },
        "windowLow": {
         "type": "double",
         "id": 8,
         "options": {
          "proto3_optional": true
         }
        },
        "windowHigh": {
         "type": "double",
         "id": 9,
         "options": {
          "proto3_optional": true
         }
        },
        "pseudonymKey": {
         "type": "string",
         "id": 10
        }
       }
      },
      "LabelEvent": {
       "oneofs": {
        "target": {
         "oneof": [
          "sampleId",
          "studyId"
         ]
        }
       },
       "fields": {
        "sampleId": {
         "type": "string",
         "id": 1
        },
        "studyId": {
         "type": "string",
         "id": 2
        },
        "label": {
         "type": "string",
         "id": 3
        },
        "labelSource": {
         "type": "string",
         "id": 4
        },
        "site": {
         "type": "string",
         "id": 5
        },
        "labelledUnixMs": {
         "type": "uint64",
         "id": 6
        },
        "withdrawn": {
         "type": "bool",
         "id": 7
        }
       }
      },
      "BatchRequest": {
       "fields": {
        "run": {
         "type": "string",
         "id": 1
        },
        "requestId": {
         "type": "string",
         "id": 2
        },
        "epoch": {
         "type": "uint32",
         "id": 3
        },
        "sequence": {
         "type": "uint32",
         "id": 4
        },
        "split": {
         "type": "Split",
         "id": 5
        },
        "samples": {
         "rule": "repeated",
         "type": "SampleRef",
         "id": 6
        },
        "transformJson": {
         "type": "string",
         "id": 7
        },
        "transformHash": {
         "type": "string",
         "id": 8
        },
        "augment": {
         "type": "bool",
         "id": 9
        },
        "seed": {
         "type": "uint64",
         "id": 10
        }
       }
      },
      "SampleRef": {
       "fields": {
        "scanSequence": {
         "type": "uint64",
         "id": 1
        },
        "sampleId": {
         "type": "string",
         "id": 2
        },
        "classIndex": {
         "type": "uint32",
         "id": 3
        }
       }
      },
      "TensorBatch": {
       "fields": {
        "run": {
         "type": "string",
         "id": 1
        },
        "requestId": {
         "type": "string",
         "id": 2
        },
        "epoch": {
         "type": "uint32",
         "id": 3
        },
        "sequence": {
         "type": "uint32",
         "id": 4
        },
        "split": {
         "type": "Split",
         "id": 5
        },
        "height": {
         "type": "uint32",
         "id": 6
        },
        "width": {
         "type": "uint32",
         "id": 7
        },
        "channels": {
         "type": "uint32",
         "id": 8
        },
        "pixels": {
         "type": "Payload",
         "id": 9
        },
        "samples": {
         "rule": "repeated",
         "type": "SampleRef",
         "id": 10
        },
        "dropped": {
         "rule": "repeated",
         "type": "DroppedSample",
         "id": 11
        },
        "transformHash": {
         "type": "string",
         "id": 12
        },
        "prepareMs": {
         "type": "double",
         "id": 13
        }
       }
      },
      "DroppedSample": {
       "fields": {
        "scanSequence": {
         "type": "uint64",
         "id": 1
        },
        "sampleId": {
         "type": "string",
         "id": 2
        },
        "code": {
         "type": "string",
         "id": 3
        }
       }
      },
      "Decision": {
       "fields": {
        "number": {
         "type": "uint64",
         "id": 1
        },
        "previousHash": {
         "type": "string",
         "id": 2
        },
        "kind": {
         "type": "Kind",
         "id": 3
        },
        "timeUnixMs": {
         "type": "uint64",
         "id": 4
        },
        "by": {
         "type": "string",
         "id": 5
        },
        "reason": {
         "type": "string",
         "id": 6
        },
        "run": {
         "type": "string",
         "id": 7
        },
        "alias": {
         "type": "string",
         "id": 8
        },
        "version": {
         "type": "string",
         "id": 9
        },
        "previousVersion": {
         "type": "string",
         "id": 10
        },
        "samples": {
         "rule": "repeated",
         "type": "string",
         "id": 11
        },
        "patient": {
         "type": "string",
         "id": 12
        },
        "versions": {
         "rule": "repeated",
         "type": "string",
         "id": 13
        },
        "before": {
         "type": "string",
         "id": 14
        },
        "after": {
         "type": "string",
         "id": 15
        }
       },
       "nested": {
        "Kind": {
         "values": {
          "KIND_UNSPECIFIED": 0,
          "KIND_PROMOTED": 1,
          "KIND_DECLINED": 2,
          "KIND_ROLLED_BACK": 3,
          "KIND_FROZEN": 4,
          "KIND_THAWED": 5,
          "KIND_WITHDRAWN": 6,
          "KIND_POLICY_CHANGED": 7,
          "KIND_RETRAINED": 8,
          "KIND_REPAIRED": 9,
          "KIND_DEAD_LETTER_SETTLED": 10
         }
        }
       }
      },
      "PipelineEvent": {
       "oneofs": {
        "body": {
         "oneof": [
          "state",
          "ingest",
          "preprocess",
          "training",
          "validation",
          "epoch",
          "predictor",
          "swap",
          "finished",
          "shadow",
          "archive",
          "drift",
          "calibration",
          "constant",
          "waiting"
         ]
        }
       },
       "fields": {
        "service": {
         "type": "string",
         "id": 1
        },
        "instance": {
         "type": "string",
         "id": 2
        },
        "timeUnixMs": {
         "type": "uint64",
         "id": 3
        },
        "state": {
         "type": "ServiceState",
         "id": 10
        },
        "ingest": {
         "type": "IngestProgress",
         "id": 11
        },
        "preprocess": {
         "type": "PreprocessProgress",
         "id": 12
        },
        "training": {
         "type": "TrainingProgress",
         "id": 13
        },
        "validation": {
         "type": "ValidationResult",
         "id": 14
        },
        "epoch": {
         "type": "EpochCompleted",
         "id": 15
        },
        "predictor": {
         "type": "PredictorProgress",
         "id": 16
        },
        "swap": {
         "type": "ModelSwapped",
         "id": 17
        },
        "finished": {
         "type": "TrainingFinished",
         "id": 18
        },
        "shadow": {
         "type": "ShadowProgress",
         "id": 25
        },
        "archive": {
         "type": "ArchiveProgress",
         "id": 30
        },
        "drift": {
         "type": "DriftNoticed",
         "id": 26
        },
        "calibration": {
         "type": "CalibrationLost",
         "id": 27
        },
        "constant": {
         "type": "ConstantAnswersNoticed",
         "id": 28
        },
        "waiting": {
         "type": "SamplesWaiting",
         "id": 29
        }
       }
      },
      "ServiceState": {
       "fields": {
        "state": {
         "type": "string",
         "id": 1
        },
        "message": {
         "type": "string",
         "id": 2
        },
        "engine": {
         "type": "string",
         "id": 3
        },
        "devices": {
         "rule": "repeated",
         "type": "string",
         "id": 4
        },
        "notable": {
         "type": "bool",
         "id": 5
        }
       }
      },
      "IngestProgress": {
       "fields": {
        "importId": {
         "type": "string",
         "id": 1
        },
        "offered": {
         "type": "uint64",
         "id": 2
        },
        "ingested": {
         "type": "uint64",
         "id": 3
        },
        "duplicates": {
         "type": "uint64",
         "id": 4
        },
        "rejected": {
         "type": "uint64",
         "id": 5
        },
        "train": {
         "type": "uint64",
         "id": 6
        },
        "validation": {
         "type": "uint64",
         "id": 7
        },
        "test": {
         "type": "uint64",
         "id": 8
        },
        "done": {
         "type": "bool",
         "id": 9
        },
        "gate": {
         "type": "uint64",
         "id": 10
        },
        "nearDuplicates": {
         "type": "uint64",
         "id": 11
        },
        "leaks": {
         "type": "uint64",
         "id": 12
        },
        "filtered": {
         "type": "uint64",
         "id": 20
        },
        "quarantined": {
         "type": "uint64",
         "id": 21
        }
       }
      },
      "PreprocessProgress": {
       "fields": {
        "batches": {
         "type": "uint64",
         "id": 1
        },
        "samples": {
         "type": "uint64",
         "id": 2
        },
        "decoded": {
         "type": "uint64",
         "id": 3
        },
        "dropped": {
         "type": "uint64",
         "id": 4
        },
        "cacheBytes": {
         "type": "uint64",
         "id": 5
        }
       }
      },
      "TrainingProgress": {
       "fields": {
        "run": {
         "type": "string",
         "id": 1
        },
        "step": {
         "type": "uint64",
         "id": 2
        },
        "epoch": {
         "type": "uint32",
         "id": 3
        },
        "samples": {
         "type": "uint64",
         "id": 4
        },
        "loss": {
         "type": "double",
         "id": 5
        },
        "accuracy": {
         "type": "double",
         "id": 6
        },
        "imagesPerSecond": {
         "type": "double",
         "id": 7
        },
        "inputStallFraction": {
         "type": "double",
         "id": 8
        },
        "learningRate": {
         "type": "double",
         "id": 9
        },
        "arrivals": {
         "type": "uint64",
         "id": 10
        }
       }
      },
      "ValidationResult": {
       "fields": {
        "run": {
         "type": "string",
         "id": 1
        },
        "step": {
         "type": "uint64",
         "id": 2
        },
        "epoch": {
         "type": "uint32",
         "id": 3
        },
        "samples": {
         "type": "uint64",
         "id": 4
        },
        "loss": {
         "type": "double",
         "id": 5
        },
        "accuracy": {
         "type": "double",
         "id": 6
        },
        "version": {
         "type": "string",
         "id": 7
        },
        "promoted": {
         "type": "bool",
         "id": 8
        },
        "onlyPredicted": {
         "type": "string",
         "id": 9
        },
        "reason": {
         "type": "string",
         "id": 10
        }
       }
      },
      "SamplesWaiting": {
       "fields": {
        "run": {
         "type": "string",
         "id": 1
        },
        "unlabelled": {
         "type": "uint64",
         "id": 2
        },
        "unknownLabels": {
         "keyType": "string",
         "type": "uint64",
         "id": 3
        },
        "newClassSamples": {
         "type": "uint64",
         "id": 4
        }
       }
      },
      "EpochCompleted": {
       "fields": {
        "run": {
         "type": "string",
         "id": 1
        },
        "epoch": {
         "type": "uint32",
         "id": 2
        },
        "samples": {
         "type": "uint64",
         "id": 3
        },
        "dropped": {
         "type": "uint64",
         "id": 4
        },
        "repeated": {
         "type": "uint64",
         "id": 5
        }
       }
      },
      "DriftNoticed": {
       "fields": {
        "run": {
         "type": "string",
         "id": 1
        },
        "site": {
         "type": "string",
         "id": 2
        },
        "className": {
         "type": "string",
         "id": 3
        },
        "errorRateBefore": {
         "type": "double",
         "id": 4
        },
        "answersSinceChange": {
         "type": "uint64",
         "id": 5
        },
        "step": {
         "type": "uint64",
         "id": 6
        },
        "version": {
         "type": "string",
         "id": 7
        },
        "worseThanOthers": {
         "type": "bool",
         "id": 8
        }
       }
      },
      "CalibrationLost": {
       "fields": {
        "run": {
         "type": "string",
         "id": 1
        },
        "version": {
         "type": "string",
         "id": 2
        },
        "meanProbability": {
         "type": "double",
         "id": 3
        },
        "accuracy": {
         "type": "double",
         "id": 4
        },
        "answers": {
         "type": "uint64",
         "id": 5
        }
       }
      },
      "ConstantAnswersNoticed": {
       "fields": {
        "version": {
         "type": "string",
         "id": 1
        },
        "className": {
         "type": "string",
         "id": 2
        },
        "answers": {
         "type": "uint64",
         "id": 3
        }
       }
      },
      "PredictorProgress": {
       "fields": {
        "version": {
         "type": "string",
         "id": 1
        },
        "requests": {
         "type": "uint64",
         "id": 2
        },
        "failedRequests": {
         "type": "uint64",
         "id": 3
        },
        "swaps": {
         "type": "uint64",
         "id": 4
        },
        "requestsPerSecond": {
         "type": "double",
         "id": 5
        },
        "p50Ms": {
         "type": "double",
         "id": 6
        },
        "rejections": {
         "keyType": "string",
         "type": "uint64",
         "id": 7
        },
        "recordsStored": {
         "type": "uint64",
         "id": 8
        },
        "recordsDropped": {
         "type": "uint64",
         "id": 9
        },
        "recordsWaiting": {
         "type": "uint64",
         "id": 10
        }
       }
      },
      "ModelSwapped": {
       "fields": {
        "version": {
         "type": "string",
         "id": 1
        },
        "previousVersion": {
         "type": "string",
         "id": 2
        },
        "loadMs": {
         "type": "double",
         "id": 3
        }
       }
      },
      "ShadowProgress": {
       "fields": {
        "liveVersion": {
         "type": "string",
         "id": 1
        },
        "shadowVersion": {
         "type": "string",
         "id": 2
        },
        "compared": {
         "type": "uint64",
         "id": 3
        },
        "agreed": {
         "type": "uint64",
         "id": 4
        },
        "meanAbsoluteDifference": {
         "type": "double",
         "id": 5
        },
        "confusion": {
         "rule": "repeated",
         "type": "ShadowConfusion",
         "id": 6
        },
        "liveInferenceMs": {
         "type": "double",
         "id": 7
        },
        "shadowInferenceMs": {
         "type": "double",
         "id": 8
        },
        "dropped": {
         "type": "uint64",
         "id": 9
        },
        "failed": {
         "type": "uint64",
         "id": 10
        }
       }
      },
      "ShadowConfusion": {
       "fields": {
        "liveClass": {
         "type": "string",
         "id": 1
        },
        "shadowClass": {
         "type": "string",
         "id": 2
        },
        "count": {
         "type": "uint64",
         "id": 3
        }
       }
      },
      "ArchiveProgress": {
       "fields": {
        "state": {
         "type": "string",
         "id": 1
        },
        "message": {
         "type": "string",
         "id": 2
        },
        "scansBytes": {
         "type": "uint64",
         "id": 3
        },
        "scansMaxBytes": {
         "type": "uint64",
         "id": 4
        },
        "archived": {
         "type": "uint64",
         "id": 5
        },
        "archivedBytes": {
         "type": "uint64",
         "id": 6
        },
        "restored": {
         "type": "uint64",
         "id": 7
        },
        "lost": {
         "type": "uint64",
         "id": 8
        },
        "updatedUnixMs": {
         "type": "uint64",
         "id": 9
        }
       }
      },
      "TrainingFinished": {
       "fields": {
        "run": {
         "type": "string",
         "id": 1
        },
        "reason": {
         "type": "string",
         "id": 2
        },
        "steps": {
         "type": "uint64",
         "id": 3
        },
        "epochs": {
         "type": "uint32",
         "id": 4
        },
        "samples": {
         "type": "uint64",
         "id": 5
        },
        "imagesPerSecond": {
         "type": "double",
         "id": 6
        },
        "inputStallFraction": {
         "type": "double",
         "id": 7
        },
        "scanSequence": {
         "type": "uint64",
         "id": 8
        }
       }
      },
      "DeadLetter": {
       "fields": {
        "service": {
         "type": "string",
         "id": 1
        },
        "code": {
         "type": "string",
         "id": 2
        },
        "cause": {
         "type": "string",
         "id": 3
        },
        "source": {
         "type": "string",
         "id": 4
        },
        "originalType": {
         "type": "string",
         "id": 5
        },
        "original": {
         "type": "Payload",
         "id": 6
        },
        "deliveries": {
         "type": "uint32",
         "id": 7
        },
        "timeUnixMs": {
         "type": "uint64",
         "id": 8
        },
        "site": {
         "type": "string",
         "id": 9
        },
        "subject": {
         "type": "string",
         "id": 10
        },
        "patientId": {
         "type": "string",
         "id": 11
        }
       }
      },
      "Ingest": {
       "methods": {
        "UploadImages": {
         "requestType": "UploadRequest",
         "requestStream": true,
         "responseType": "UploadSummary"
        },
        "UploadImagesAcked": {
         "requestType": "UploadRequest",
         "requestStream": true,
         "responseType": "ImageAck",
         "responseStream": true
        },
        "Annotate": {
         "requestType": "AnnotateRequest",
         "responseType": "AnnotateResponse"
        },
        "ForwardScans": {
         "requestType": "ForwardedScan",
         "requestStream": true,
         "responseType": "ImageAck",
         "responseStream": true
        },
        "CompleteStudy": {
         "requestType": "CompleteStudyRequest",
         "responseType": "CompleteStudyResponse"
        },
        "FindDurable": {
         "requestType": "FindDurableRequest",
         "responseType": "FindDurableResponse"
        },
        "Describe": {
         "requestType": "DescribeRequest",
         "responseType": "IngestDescription"
        }
       }
      },
      "UploadRequest": {
       "fields": {
        "name": {
         "type": "string",
         "id": 1
        },
        "image": {
         "type": "bytes",
         "id": 2
        },
        "label": {
         "type": "string",
         "id": 3
        },
        "patientId": {
         "type": "string",
         "id": 4
        },
        "studyId": {
         "type": "string",
         "id": 5
        },
        "split": {
         "type": "Split",
         "id": 6
        }
       }
      },
      "ImageAck": {
       "fields": {
        "name": {
         "type": "string",
         "id": 1
        },
        "outcome": {
         "type": "Outcome",
         "id": 2
        },
        "sampleId": {
         "type": "string",
         "id": 3
        },
        "split": {
         "type": "Split",
         "id": 4
        },
        "errorCode": {
         "type": "string",
         "id": 5
        },
        "errorMessage": {
         "type": "string",
         "id": 6
        }
       },
       "nested": {
        "Outcome": {
         "values": {
          "OUTCOME_UNSPECIFIED": 0,
          "OUTCOME_INGESTED": 1,
          "OUTCOME_DUPLICATE": 2,
          "OUTCOME_REJECTED": 3
         }
        }
       }
      },
      "UploadSummary": {
       "fields": {
        "received": {
         "type": "uint64",
         "id": 1
        },
        "ingested": {
         "type": "uint64",
         "id": 2
        },
        "duplicates": {
         "type": "uint64",
         "id": 3
        },
        "rejected": {
         "type": "uint64",
         "id": 4
        },
        "rejections": {
         "rule": "repeated",
         "type": "ImageAck",
         "id": 5
        }
       }
      },
      "AnnotateRequest": {
       "fields": {
        "annotations": {
         "rule": "repeated",
         "type": "Annotation",
         "id": 1
        },
        "site": {
         "type": "string",
         "id": 2
        }
       }
      },
      "Annotation": {
       "oneofs": {
        "target": {
         "oneof": [
          "sampleId",
          "studyId",
          "studyPseudonym"
         ]
        }
       },
       "fields": {
        "sampleId": {
         "type": "string",
         "id": 1
        },
        "studyId": {
         "type": "string",
         "id": 2
        },
        "studyPseudonym": {
         "type": "string",
         "id": 5
        },
        "label": {
         "type": "string",
         "id": 3
        },
        "labelSource": {
         "type": "string",
         "id": 4
        }
       }
      },
      "AnnotateResponse": {
       "fields": {
        "accepted": {
         "type": "uint32",
         "id": 1
        }
       }
      },
      "ForwardedScan": {
       "fields": {
        "scan": {
         "type": "Scan",
         "id": 1
        },
        "perceptualHash": {
         "type": "bytes",
         "id": 2
        },
        "splitByIdentity": {
         "type": "bool",
         "id": 3
        },
        "traceparent": {
         "type": "string",
         "id": 4
        },
        "part": {
         "type": "bytes",
         "id": 5
        }
       }
      },
      "CompleteStudyRequest": {
       "fields": {
        "site": {
         "type": "string",
         "id": 1
        },
        "studyId": {
         "type": "string",
         "id": 2
        },
        "samples": {
         "type": "uint32",
         "id": 3
        }
       }
      },
      "CompleteStudyResponse": {
       "fields": {}
      },
      "FindDurableRequest": {
       "fields": {
        "site": {
         "type": "string",
         "id": 1
        },
        "sampleIds": {
         "rule": "repeated",
         "type": "string",
         "id": 2
        }
       }
      },
      "FindDurableResponse": {
       "fields": {
        "sampleIds": {
         "rule": "repeated",
         "type": "string",
         "id": 1
        }
       }
      },
      "DescribeRequest": {
       "fields": {}
      },
      "IngestDescription": {
       "fields": {
        "version": {
         "type": "string",
         "id": 1
        },
        "timeUnixMs": {
         "type": "uint64",
         "id": 2
        },
        "maxMessageBytes": {
         "type": "uint64",
         "id": 3
        },
        "uploadWindow": {
         "type": "uint32",
         "id": 4
        },
        "caller": {
         "type": "string",
         "id": 5
        },
        "callerSite": {
         "type": "string",
         "id": 6
        }
       }
      },
      "LineageSegment": {
       "fields": {
        "run": {
         "type": "string",
         "id": 1
        },
        "previous": {
         "type": "string",
         "id": 2
        },
        "number": {
         "type": "uint32",
         "id": 3
        },
        "step": {
         "type": "uint64",
         "id": 4
        },
        "learned": {
         "rule": "repeated",
         "type": "LearnedAs",
         "id": 5
        },
        "relearned": {
         "rule": "repeated",
         "type": "LearnedAs",
         "id": 6
        },
        "putAsideDistances": {
         "rule": "repeated",
         "type": "uint64",
         "id": 7
        },
        "abandoned": {
         "rule": "repeated",
         "type": "string",
         "id": 8
        }
       }
      },
      "LearnedAs": {
       "fields": {
        "label": {
         "type": "string",
         "id": 1
        },
        "distances": {
         "rule": "repeated",
         "type": "uint64",
         "id": 2
        }
       }
      },
      "ModelEvent": {
       "fields": {
        "kind": {
         "type": "Kind",
         "id": 1
        },
        "version": {
         "type": "string",
         "id": 2
        },
        "alias": {
         "type": "string",
         "id": 3
        },
        "previousVersion": {
         "type": "string",
         "id": 4
        },
        "reason": {
         "type": "string",
         "id": 5
        },
        "timeUnixMs": {
         "type": "uint64",
         "id": 6
        },
        "validationLoss": {
         "type": "double",
         "id": 7
        },
        "validationAccuracy": {
         "type": "double",
         "id": 8
        }
       },
       "nested": {
        "Kind": {
         "values": {
          "KIND_UNSPECIFIED": 0,
          "KIND_PUBLISHED": 1,
          "KIND_PROMOTED": 2,
          "KIND_DECLINED": 3,
          "KIND_ROLLED_BACK": 4,
          "KIND_FROZEN": 5,
          "KIND_THAWED": 6
         }
        }
       }
      },
      "Predictor": {
       "methods": {
        "Predict": {
         "requestType": "PredictRequest",
         "responseType": "PredictResponse"
        },
        "PredictStream": {
         "requestType": "PredictRequest",
         "requestStream": true,
         "responseType": "PredictStreamResponse",
         "responseStream": true
        },
        "PredictStudy": {
         "requestType": "PredictStudyRequest",
         "requestStream": true,
         "responseType": "PredictStudyResponse"
        },
        "PredictStoredStudy": {
         "requestType": "PredictStoredStudyRequest",
         "responseType": "PredictStudyResponse"
        }
       }
      },
      "PredictRequest": {
       "fields": {
        "image": {
         "type": "bytes",
         "id": 1
        },
        "name": {
         "type": "string",
         "id": 2
        },
        "priority": {
         "type": "uint32",
         "id": 3
        },
        "explain": {
         "type": "ExplanationRequest",
         "id": 10
        }
       }
      },
      "ExplanationRequest": {
       "fields": {
        "className": {
         "type": "string",
         "id": 1
        },
        "form": {
         "type": "ExplanationForm",
         "id": 2
        }
       }
      },
      "ExplanationForm": {
       "values": {
        "EXPLANATION_FORM_OVERLAY": 0,
        "EXPLANATION_FORM_HEAT_MAP": 1
       }
      },
      "PredictResponse": {
       "fields": {
        "name": {
         "type": "string",
         "id": 1
        },
        "probabilities": {
         "rule": "repeated",
         "type": "ClassProbability",
         "id": 2
        },
        "predictedClass": {
         "type": "string",
         "id": 3
        },
        "modelVersion": {
         "type": "string",
         "id": 4
        },
        "modelHash": {
         "type": "string",
         "id": 5
        },
        "predictionId": {
         "type": "string",
         "id": 6
        },
        "prepareMs": {
         "type": "double",
         "id": 7
        },
        "inferenceMs": {
         "type": "double",
         "id": 8
        },
        "explanation": {
         "type": "Explanation",
         "id": 10
        },
        "temperature": {
         "type": "double",
         "id": 15
        }
       }
      },
      "Explanation": {
       "fields": {
        "png": {
         "type": "bytes",
         "id": 1
        },
        "className": {
         "type": "string",
         "id": 2
        },
        "method": {
         "type": "string",
         "id": 3
        },
        "width": {
         "type": "uint32",
         "id": 4
        },
        "height": {
         "type": "uint32",
         "id": 5
        },
        "mapWidth": {
         "type": "uint32",
         "id": 6
        },
        "mapHeight": {
         "type": "uint32",
         "id": 7
        },
        "minimum": {
         "type": "double",
         "id": 8
        },
        "maximum": {
         "type": "double",
         "id": 9
        },
        "explainMs": {
         "type": "double",
         "id": 10
        }
       }
      },
      "PredictStreamResponse": {
       "oneofs": {
        "result": {
         "oneof": [
          "response",
          "error"
         ]
        }
       },
       "fields": {
        "response": {
         "type": "PredictResponse",
         "id": 1
        },
        "error": {
         "type": "PredictError",
         "id": 2
        }
       }
      },
      "StudyAggregation": {
       "values": {
        "STUDY_AGGREGATION_UNSPECIFIED": 0,
        "STUDY_AGGREGATION_MEAN": 1,
        "STUDY_AGGREGATION_TOP_K_MEAN": 2,
        "STUDY_AGGREGATION_NOISY_OR": 3
       }
      },
      "StudyOptions": {
       "fields": {
        "aggregation": {
         "type": "StudyAggregation",
         "id": 1
        },
        "topK": {
         "type": "uint32",
         "id": 2
        },
        "normalClasses": {
         "rule": "repeated",
         "type": "string",
         "id": 3
        },
        "threshold": {
         "type": "double",
         "id": 4
        },
        "minSlices": {
         "type": "uint32",
         "id": 5
        },
        "maxEntropy": {
         "type": "double",
         "id": 6
        },
        "minProbability": {
         "type": "double",
         "id": 7
        },
        "maxDisagreement": {
         "type": "double",
         "id": 8
        },
        "maxFailedFraction": {
         "type": "double",
         "id": 9
        },
        "views": {
         "type": "uint32",
         "id": 10
        },
        "priority": {
         "type": "uint32",
         "id": 11
        }
       }
      },
      "PredictStudyRequest": {
       "oneofs": {
        "content": {
         "oneof": [
          "study",
          "slice"
         ]
        }
       },
       "fields": {
        "study": {
         "type": "StudyHeader",
         "id": 1
        },
        "slice": {
         "type": "StudySlice",
         "id": 2
        }
       }
      },
      "StudyHeader": {
       "fields": {
        "studyId": {
         "type": "string",
         "id": 1
        },
        "options": {
         "type": "StudyOptions",
         "id": 2
        }
       }
      },
      "StudySlice": {
       "fields": {
        "image": {
         "type": "bytes",
         "id": 1
        },
        "name": {
         "type": "string",
         "id": 2
        }
       }
      },
      "PredictStoredStudyRequest": {
       "fields": {
        "studyId": {
         "type": "string",
         "id": 1
        },
        "options": {
         "type": "StudyOptions",
         "id": 2
        }
       }
      },
      "PredictStudyResponse": {
       "fields": {
        "prediction": {
         "type": "StudyPrediction",
         "id": 1
        }
       }
      },
      "StudyDecision": {
       "values": {
        "STUDY_DECISION_UNSPECIFIED": 0,
        "STUDY_DECISION_NO_FINDING": 1,
        "STUDY_DECISION_FINDING": 2,
        "STUDY_DECISION_ABSTAINED": 3
       }
      },
      "StudyAbstention": {
       "fields": {
        "reason": {
         "type": "Reason",
         "id": 1
        },
        "message": {
         "type": "string",
         "id": 2
        }
       },
       "nested": {
        "Reason": {
         "values": {
          "REASON_UNSPECIFIED": 0,
          "REASON_TOO_FEW_SLICES": 1,
          "REASON_TOO_MANY_FAILED_SLICES": 2,
          "REASON_HIGH_ENTROPY": 3,
          "REASON_LOW_PROBABILITY": 4,
          "REASON_DISAGREEMENT": 5
         }
        }
       }
      },
      "FindingProbability": {
       "fields": {
        "probability": {
         "type": "double",
         "id": 1
        },
        "threshold": {
         "type": "double",
         "id": 2
        },
        "standardDeviation": {
         "type": "double",
         "id": 3
        }
       }
      },
      "StudyUncertainty": {
       "fields": {
        "entropy": {
         "type": "double",
         "id": 1
        },
        "meanSliceEntropy": {
         "type": "double",
         "id": 2
        },
        "disagreement": {
         "type": "double",
         "id": 3
        },
        "views": {
         "type": "uint32",
         "id": 4
        },
        "standardDeviations": {
         "rule": "repeated",
         "type": "double",
         "id": 5
        },
        "mutualInformation": {
         "type": "double",
         "id": 6
        }
       }
      },
      "SlicePrediction": {
       "fields": {
        "name": {
         "type": "string",
         "id": 1
        },
        "sampleId": {
         "type": "string",
         "id": 2
        },
        "scanSequence": {
         "type": "uint64",
         "id": 3
        },
        "probabilities": {
         "rule": "repeated",
         "type": "float",
         "id": 4
        },
        "finding": {
         "type": "double",
         "id": 5
        },
        "entropy": {
         "type": "double",
         "id": 6
        },
        "predictionIds": {
         "rule": "repeated",
         "type": "string",
         "id": 7
        },
        "error": {
         "type": "PredictError",
         "id": 8
        },
        "used": {
         "type": "bool",
         "id": 9
        }
       }
      },
      "StudyPrediction": {
       "fields": {
        "studyPredictionId": {
         "type": "string",
         "id": 1
        },
        "studyId": {
         "type": "string",
         "id": 2
        },
        "revision": {
         "type": "uint32",
         "id": 3
        },
        "supersedes": {
         "type": "string",
         "id": 4
        },
        "sliceSetHash": {
         "type": "string",
         "id": 5
        },
        "modelVersion": {
         "type": "string",
         "id": 6
        },
        "modelHash": {
         "type": "string",
         "id": 7
        },
        "temperature": {
         "type": "double",
         "id": 8
        },
        "options": {
         "type": "StudyOptions",
         "id": 9
        },
        "normalClassesSource": {
         "type": "string",
         "id": 10
        },
        "probabilities": {
         "rule": "repeated",
         "type": "ClassProbability",
         "id": 11
        },
        "predictedClass": {
         "type": "string",
         "id": 12
        },
        "anyFinding": {
         "type": "FindingProbability",
         "id": 13
        },
        "decision": {
         "type": "StudyDecision",
         "id": 14
        },
        "abstentions": {
         "rule": "repeated",
         "type": "StudyAbstention",
         "id": 15
        },
        "uncertainty": {
         "type": "StudyUncertainty",
         "id": 16
        },
        "slices": {
         "rule": "repeated",
         "type": "SlicePrediction",
         "id": 17
        },
        "slicesLeftOut": {
         "type": "uint32",
         "id": 18
        },
        "summary": {
         "type": "string",
         "id": 19
        },
        "predictedUnixMs": {
         "type": "uint64",
         "id": 20
        }
       }
      },
      "PredictionRecord": {
       "fields": {
        "predictionId": {
         "type": "string",
         "id": 1
        },
        "sampleId": {
         "type": "string",
         "id": 2
        },
        "inputFormat": {
         "type": "string",
         "id": 3
        },
        "inputBytes": {
         "type": "uint64",
         "id": 4
        },
        "storedInput": {
         "type": "BlobRef",
         "id": 5
        },
        "modelVersion": {
         "type": "string",
         "id": 10
        },
        "modelHash": {
         "type": "string",
         "id": 11
        },
        "transformHash": {
         "type": "string",
         "id": 12
        },
        "classNames": {
         "rule": "repeated",
         "type": "string",
         "id": 20
        },
        "probabilities": {
         "rule": "repeated",
         "type": "float",
         "id": 21
        },
        "predictedClass": {
         "type": "string",
         "id": 22
        },
        "computation": {
         "type": "Computation",
         "id": 30
        },
        "times": {
         "type": "PredictionTimes",
         "id": 31
        },
        "protocol": {
         "type": "string",
         "id": 40
        },
        "requestName": {
         "type": "string",
         "id": 41
        },
        "instance": {
         "type": "string",
         "id": 42
        },
        "traceparent": {
         "type": "string",
         "id": 43
        },
        "studyId": {
         "type": "string",
         "id": 44
        }
       }
      },
      "Computation": {
       "fields": {
        "precision": {
         "type": "string",
         "id": 1
        },
        "batchSize": {
         "type": "uint32",
         "id": 2
        },
        "batchRow": {
         "type": "uint32",
         "id": 3
        },
        "engine": {
         "type": "string",
         "id": 4
        },
        "device": {
         "type": "string",
         "id": 5
        },
        "processor": {
         "type": "string",
         "id": 6
        },
        "engineThreads": {
         "type": "uint32",
         "id": 7
        },
        "softwareVersion": {
         "type": "string",
         "id": 8
        }
       }
      },
      "PredictionTimes": {
       "fields": {
        "receivedUnixMs": {
         "type": "double",
         "id": 1
        },
        "preparedUnixMs": {
         "type": "double",
         "id": 2
        },
        "batchedUnixMs": {
         "type": "double",
         "id": 3
        },
        "inferredUnixMs": {
         "type": "double",
         "id": 4
        },
        "answeredUnixMs": {
         "type": "double",
         "id": 5
        },
        "prepareMs": {
         "type": "double",
         "id": 6
        },
        "queueMs": {
         "type": "double",
         "id": 7
        },
        "inferenceMs": {
         "type": "double",
         "id": 8
        }
       }
      },
      "RunRetention": {
       "fields": {
        "run": {
         "type": "string",
         "id": 1
        },
        "updatedUnixMs": {
         "type": "uint64",
         "id": 2
        },
        "settledThrough": {
         "type": "uint64",
         "id": 3
        },
        "retainedDistances": {
         "rule": "repeated",
         "type": "uint64",
         "id": 4
        },
        "labelsThrough": {
         "type": "uint64",
         "id": 5
        }
       }
      }
     }
    }
   }
  }
 }
};
