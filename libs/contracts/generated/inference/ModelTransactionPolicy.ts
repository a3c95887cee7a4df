// Original file: proto/inference/v2/model_config.proto


export interface ModelTransactionPolicyInput {
  /**
   * Whether a request may have other than one answer. Never here.
   */
  'decoupled'?: (boolean);
}

export interface ModelTransactionPolicy {
  /**
   * Whether a request may have other than one answer. Never here.
   */
  'decoupled': (boolean);
}
