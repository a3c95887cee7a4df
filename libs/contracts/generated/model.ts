import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { ModelEventInput as _sulcus_v1_ModelEventInput, ModelEvent as _sulcus_v1_ModelEvent } from './sulcus/v1/ModelEvent.js';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  sulcus: {
    v1: {
      ModelEvent: MessageTypeDefinition<_sulcus_v1_ModelEventInput, _sulcus_v1_ModelEvent>
    }
  }
}

