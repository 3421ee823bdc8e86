/** How many files of the `engine` project run at once. They mostly wait, so that two share even one core well. */
export const engineWorkers = 2;
