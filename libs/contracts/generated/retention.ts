import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { RunRetentionInput as _sulcus_v1_RunRetentionInput, RunRetention as _sulcus_v1_RunRetention } from './sulcus/v1/RunRetention.js';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  sulcus: {
    v1: {
      RunRetention: MessageTypeDefinition<_sulcus_v1_RunRetentionInput, _sulcus_v1_RunRetention>
    }
  }
}

