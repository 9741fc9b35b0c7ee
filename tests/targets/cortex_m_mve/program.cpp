// Prints the hashes of program.h over semihosting.
#include "program.h"

extern "C" {
#include "firmware.h"
int main(void);
}

static mve_test::Data data;

int main() {
    for (int n = 0; n < mve_test::case_count; ++n) {
        put_unsigned(mve_test::run(n, data));
        board_puts("\n");
    }
    return 0;
}
