// Original file: proto/inference/v2/grpc_service.proto


export interface RepositoryIndexRequestInput {
  /**
   * Must be empty: there is one repository, the registry.
   */
  'repositoryName'?: (string);
  /**
   * Only versions in service.
   */
  'ready'?: (boolean);
}

export interface RepositoryIndexRequest {
  /**
   * Must be empty: there is one repository, the registry.
   */
  'repositoryName': (string);
  /**
   * Only versions in service.
   */
  'ready': (boolean);
}
