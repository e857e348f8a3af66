#ifndef DEVICE_COUNT_H
#define DEVICE_COUNT_H

/* Counts the instructions of each layer (model_begin_layer, model_end_layer of model.h). */
void device_count_start(void);
/* One line a layer to standard output: its id, its instructions over all runs so far. */
void device_count_print(void);

#endif
