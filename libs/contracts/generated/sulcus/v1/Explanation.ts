// Original file: proto/sulcus/v1/predictor.proto


/**
 * What in an image speaks for a class, in the pixels of the image as it came (upright by its EXIF orientation).
 */
export interface ExplanationInput {
  /**
   * PNG of the image's own width and height.
   */
  'png'?: (Buffer | Uint8Array | string);
  /**
   * Class it explains.
   */
  'className'?: (string);
  /**
   * "cam": an exact decomposition of the class's logit, for heads that are linear in the channels' means; "grad-cam":
   * by gradients, for all others.
   */
  'method'?: (string);
  /**
   * Width of the PNG, pixels.
   */
  'width'?: (number);
  /**
   * Height of the PNG, pixels.
   */
  'height'?: (number);
  /**
   * Cells of the network's last feature map from left to right: the picture is no finer than these.
   */
  'mapWidth'?: (number);
  /**
   * Cells from top to bottom.
   */
  'mapHeight'?: (number);
  /**
   * Smallest value of the heat map; below 0 regions speak against the class, which the picture leaves out. In the unit
   * of logits: with "cam", the mean over the cells is the class's logit without its bias.
   */
  'minimum'?: (number | string);
  /**
   * Largest value: what is 255 in the heat map and warmest in the overlay. When it is not above 0, nothing speaks for
   * the class.
   */
  'maximum'?: (number | string);
  /**
   * Heat map and picture together, waiting included, milliseconds.
   */
  'explainMs'?: (number | string);
}

/**
 * What in an image speaks for a class, in the pixels of the image as it came (upright by its EXIF orientation).
 */
export interface Explanation {
  /**
   * PNG of the image's own width and height.
   */
  'png': (Buffer);
  /**
   * Class it explains.
   */
  'className': (string);
  /**
   * "cam": an exact decomposition of the class's logit, for heads that are linear in the channels' means; "grad-cam":
   * by gradients, for all others.
   */
  'method': (string);
  /**
   * Width of the PNG, pixels.
   */
  'width': (number);
  /**
   * Height of the PNG, pixels.
   */
  'height': (number);
  /**
   * Cells of the network's last feature map from left to right: the picture is no finer than these.
   */
  'mapWidth': (number);
  /**
   * Cells from top to bottom.
   */
  'mapHeight': (number);
  /**
   * Smallest value of the heat map; below 0 regions speak against the class, which the picture leaves out. In the unit
   * of logits: with "cam", the mean over the cells is the class's logit without its bias.
   */
  'minimum': (number);
  /**
   * Largest value: what is 255 in the heat map and warmest in the overlay. When it is not above 0, nothing speaks for
   * the class.
   */
  'maximum': (number);
  /**
   * Heat map and picture together, waiting included, milliseconds.
   */
  'explainMs': (number);
}
