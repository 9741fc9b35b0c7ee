/* Marks what is counted: the instructions between the return from octet_count_begin and the first
 * of octet_count_end. */
#ifndef COUNT_H
#define COUNT_H

void octet_count_begin(void);
void octet_count_end(void);

#endif
