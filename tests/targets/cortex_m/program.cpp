// Prints the hashes of program.h over semihosting.
#include "program.h"

extern "C" {
#include "firmware.h"
int main(void);
}

int main() {
    for (const instruction_test::Case &c : instruction_test::cases) {
        put_unsigned(c.hash());
        board_puts("\n");
    }
    return 0;
}
