import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { DecisionInput as _sulcus_v1_DecisionInput, Decision as _sulcus_v1_Decision } from './sulcus/v1/Decision.js';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  sulcus: {
    v1: {
      Decision: MessageTypeDefinition<_sulcus_v1_DecisionInput, _sulcus_v1_Decision>
    }
  }
}

