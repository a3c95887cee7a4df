import { constantInts, intsAttr, type Graph, type GraphNode, type Tensor } from '#libs/graph';
import { SulcusError } from '#libs/errors';

/**
 * Where the cells of a feature map lie in the image: cell i is centred on pixel coordinate `centerPx + i · stridePx`,
 * the same for rows and columns, because all layers are square. Pixel i covers [i, i + 1).
 */
export interface FeatureGrid {
  readonly stridePx: number;
  /**
   * Centre of cell 0. Strided convolutions padded on both sides look around their first pixel, pools of even size
   * between two.
   */
  readonly centerPx: number;
}

/** Centre of cell 0 and distance of cells, in pixels of the layer's input counted from the centre of its first one. */
interface Spacing {
  stride: number;
  center: number;
}

/**
 * The grid of a feature map, by following the centres of receptive fields from layer to layer back to the image
 * (Araujo et al. 2019, Computing Receptive Fields of Convolutional Neural Networks,
 * https://distill.pub/2019/computing-receptive-fields/).
 *
 * @param features [batch, height, width, channels], made from `pixels` along the first inputs of its nodes
 * @throws INVALID_ARGUMENT when it is not made from `pixels`
 */
export function featureGrid(graph: Graph, pixels: Tensor, features: Tensor): FeatureGrid {
  const grid: Spacing = { stride: 1, center: 0 };
  for (let node = graph.node(features.node); node.name !== pixels.node; node = graph.node(node.inputs[0]!.node)) {
    if (node.inputs.length === 0)
      throw new SulcusError(
        'INVALID_ARGUMENT',
        `The features do not come from "${pixels.node}" but from "${node.name}"`,
      );
    const step = spacingOf(graph, node);
    grid.center = step.stride * grid.center + step.center;
    grid.stride *= step.stride;
  }
  return { stridePx: grid.stride, centerPx: grid.center + 0.5 };
}

/** What one op does to the rows of its input. */
function spacingOf(graph: Graph, { type, inputs, attrs }: GraphNode): Spacing {
  switch (type) {
    case 'Pad':
      return { stride: 1, center: -constantInts(graph, inputs[1]!)[2]! };
    case 'Conv2D':
    case 'DepthwiseConv2dNative':
      return windowSpacing(inputs[1]!.shape[0]!, attrs);
    case 'MaxPool':
    case 'AvgPool':
      return windowSpacing(intsAttr(attrs, 'ksize')[1]!, attrs);
    default:
      return { stride: 1, center: 0 };
  }
}

/** SAME occurs at stride 1 with an odd window alone, where the cells stay on their pixels. */
function windowSpacing(window: number, attrs: GraphNode['attrs']): Spacing {
  const stride = intsAttr(attrs, 'strides')[1]!;
  return { stride, center: attrs['padding']?.value === 'SAME' ? 0 : (window - 1) / 2 };
}
