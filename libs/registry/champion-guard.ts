import type { ModelCard } from './card.js';

type Measured = Pick<ModelCard, 'evaluation' | 'transformHash'>;

/** Whether a version's figures are of answers as it gives them in service: the same transform, nothing dropped. */
export const isMeasuredAsServed = ({ evaluation, transformHash }: Measured): boolean =>
  evaluation === undefined || (evaluation.transformHash === transformHash && !evaluation.dropout);

/**
 * Whether a version may become champion: figures that are not of its answers in service say nothing for it, unless its
 * recipe accepts that (`championDespiteEvaluation`).
 */
export const mayBeChampion = (card: Measured & Pick<ModelCard, 'recipe'>): boolean =>
  isMeasuredAsServed(card) || card.recipe['championDespiteEvaluation'] === true;

/** Why not, for people. */
export const measuredOtherwise = ({ evaluation, transformHash }: Measured): string => {
  const how = [
    ...(evaluation && evaluation.transformHash !== transformHash ? ['without the normalisation of training'] : []),
    ...(evaluation?.dropout ? ['with dropout'] : []),
  ];
  return `its figures were measured ${how.join(' and ')}, as its recipe wants, and it does not serve so`;
};
