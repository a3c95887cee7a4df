// Original file: proto/inference/v2/model_config.proto


export interface ModelParameterInput {
  'stringValue'?: (string);
}

export interface ModelParameter {
  'stringValue': (string);
}
