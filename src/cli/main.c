#include <stdio.h>

int main(void)
{
    puts("limpid " LIMPID_VERSION);
    return 0;
}
