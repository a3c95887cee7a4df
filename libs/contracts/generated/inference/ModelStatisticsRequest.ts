// Original file: proto/inference/v2/grpc_service.proto


export interface ModelStatisticsRequestInput {
  /**
   * Empty: of every model.
   */
  'name'?: (string);
  /**
   * Empty: of every version.
   */
  'version'?: (string);
}

export interface ModelStatisticsRequest {
  /**
   * Empty: of every model.
   */
  'name': (string);
  /**
   * Empty: of every version.
   */
  'version': (string);
}
