/** @file Positional embeddings, which are the same for all contexts. Shapes: R rows, M d_model. */

import { fuseFor } from "../engine/fuse.ts";
import { broadcastTo, concatenate, type Tensor, zeros } from "../engine/tensor.ts";
import { type Model, weightOf } from "./model.ts";

const NAME = "pos_embed.W_pos";

/** Rows that fill up get positions too: whatever comes behind the last context. */
const added = fuseFor((positions: number) => (x: Tensor, table: Tensor) => {
  const [rows = 0, d_model = 0] = x.shape;
  const contexts = Math.ceil(rows / positions);
  const ofContext = table.slice([0, positions]).expand(0); // [1, positions, M]
  const ofAll = broadcastTo(ofContext, [contexts, positions, d_model]);
  return x.add(ofAll.reshape(contexts * positions, d_model).slice([0, rows]));
});

/** Rows of all contexts [R, M] with the embeddings of their positions added. */
export function withPositions(x: Tensor, model: Model): Tensor {
  return added(model.layout.batch.positions)(x, weightOf(model, NAME));
}

/** The key is `contexts,positions`. */
const sumOverContexts = fuseFor((extents: string) => (d: Tensor, table: Tensor) => {
  const [contexts = 0, positions = 0] = extents.split(",").map(Number);
  const [n_ctx = 0, d_model = 0] = table.shape;
  const ofContexts = d.slice([0, contexts * positions]).reshape(contexts, positions, d_model);
  const sum = ofContexts.sum(0); // [positions, M]
  return n_ctx === positions ? sum : concatenate([sum, zeros([n_ctx - positions, d_model])], 0);
});

/** The gradient of the embeddings [n_ctx, M] from that of what they were added to, [R, M]. */
export function positionGradient(d: Tensor, model: Model): Tensor {
  const { contexts, positions } = model.layout.batch;
  return sumOverContexts(`${contexts},${positions}`)(d, weightOf(model, NAME));
}
