"""Who is who: distances of embeddings, and pictures of one person put together."""

import numpy as np

from faces.ground.errors import CircumplexError
from faces.readers.identity.config import LOOK_AGAIN, SAME_PERSON

#: Faces whose pairs are compared at once; more need gigabytes.
MOST_FACES = 10_000


def distances(embeddings: np.ndarray, others: np.ndarray | None = None) -> np.ndarray:
    """Euclidean distances of embeddings (N, D) to `others` (M, D), or to each other.

    Returns:
        (N, M) float64, NaN where one of the two is NaN.
    """
    from scipy.spatial.distance import cdist

    rows = np.asarray(embeddings, np.float64)
    return cdist(rows, rows if others is None else np.asarray(others, np.float64))


def group_people(embeddings: np.ndarray, threshold: float = SAME_PERSON) -> np.ndarray:
    """Number the people in pictures, in the order in which they first appear.

    Complete linkage: no two pictures of a group are further apart than the threshold, so that a
    chain of look-alikes does not become one person.

    Args:
        embeddings: (N, D), NaN rows for pictures without a face.
        threshold: Euclidean distance above 0.

    Returns:
        (N,) int64: 1, 2, ... by person, 0 where there is no face.

    Raises:
        CircumplexError: more than MOST_FACES faces.
    """
    from scipy.cluster.hierarchy import fcluster, linkage

    found = np.isfinite(embeddings).all(1)
    count = int(found.sum())
    if count > MOST_FACES:
        raise CircumplexError(
            f"{count} faces are too many to tell apart at once; name folders of at most "
            f"{MOST_FACES} each"
        )
    people = np.zeros(len(embeddings), np.int64)
    if count < 2:
        people[found] = 1
        return people
    tree = linkage(np.asarray(embeddings[found], np.float64), "complete")
    groups = fcluster(tree, threshold, "distance")
    _, first, which = np.unique(groups, return_index=True, return_inverse=True)
    people[found] = 1 + np.argsort(np.argsort(first))[which]
    return people


def count_doubtful(embeddings: np.ndarray, people: np.ndarray, distance: float = LOOK_AGAIN) -> int:
    """How many people hold pictures farther apart than a distance.

    Args:
        embeddings: (N, D); people: (N,) as `group_people` numbers them.
    """
    from scipy.spatial.distance import pdist

    rows = np.asarray(embeddings, np.float64)
    numbers = range(1, int(people.max(initial=0)) + 1)
    return sum(pdist(rows[people == each]).max(initial=0) > distance for each in numbers)
