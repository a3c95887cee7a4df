import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { LearnedAsInput as _sulcus_v1_LearnedAsInput, LearnedAs as _sulcus_v1_LearnedAs } from './sulcus/v1/LearnedAs.js';
import type { LineageSegmentInput as _sulcus_v1_LineageSegmentInput, LineageSegment as _sulcus_v1_LineageSegment } from './sulcus/v1/LineageSegment.js';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  sulcus: {
    v1: {
      LearnedAs: MessageTypeDefinition<_sulcus_v1_LearnedAsInput, _sulcus_v1_LearnedAs>
      LineageSegment: MessageTypeDefinition<_sulcus_v1_LineageSegmentInput, _sulcus_v1_LineageSegment>
    }
  }
}

