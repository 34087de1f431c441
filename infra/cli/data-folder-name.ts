/** Where `vgac start` keeps everything, and where the other verbs look for it, unless they are told otherwise. */
export const DATA_FOLDER = '.vgac';
