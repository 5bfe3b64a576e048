# SPDX-License-Identifier: Apache-2.0
# An installed mixspike serves other programs, through pkg-config and through CMake.
. "$SOURCE/tests/cli/lib.sh" || exit 1

cmake --install "$BUILD" --prefix "$work/prefix" >install.log || fail "cmake --install"
lib=$(dirname "$(find prefix -name mixspike.pc)")/..
cat >user.c <<'C'
#include <mixspike/chip.h>
#include <mixspike/record.h>
#include <mixspike/train.h>
#include <stdio.h>
int main(void) {
  const ms_die die = {1, 2, 1.0};
  printf("%s %.6f\n", ms_strerror(MS_ECRASH), ms_die_draw(&die, "n0.soma.m1", MS_DRAW_DVTH));
  return 0;
}
C

export PKG_CONFIG_PATH=$work/$lib/pkgconfig
flags=$(pkg-config --cflags --libs mixspike)
# shellcheck disable=SC2086
cc -std=c11 -Wall -Wextra -Werror user.c -o by-pkg-config $flags -Wl,-rpath,"$work/$lib"
./by-pkg-config >out || fail "the program built with pkg-config"
says out "simulation worker died"

mkdir project
mv user.c project
cat >project/CMakeLists.txt <<'CMAKE'
cmake_minimum_required(VERSION 3.20)
project(user C)
find_package(mixspike 0.1 REQUIRED)
add_executable(user user.c)
target_link_libraries(user PRIVATE mixspike::mixspike)
CMAKE
cmake -S project -B project/build -DCMAKE_PREFIX_PATH="$work/prefix" >cmake.log 2>&1 ||
  { cat cmake.log; fail "find_package(mixspike)"; }
cmake --build project/build >cmake.log 2>&1 || { cat cmake.log; fail "building against mixspike"; }
project/build/user >again || fail "the program built with CMake"
cmp out again || fail "the two programs differ"

# The platform of testbenches/systemc, as a team would copy it.
if [ -f "$work/$lib/cmake/mixspike/mixspikeSystemCTargets.cmake" ]; then
  cp -r "$SOURCE/testbenches/systemc" platform
  cmake -S platform -B platform/build -DCMAKE_PREFIX_PATH="$work/prefix" >cmake.log 2>&1 ||
    { cat cmake.log; fail "find_package(mixspike COMPONENTS systemc)"; }
  cmake --build platform/build >cmake.log 2>&1 || { cat cmake.log; fail "building the platform"; }
  code=0
  SYSTEMC_DISABLE_COPYRIGHT_MESSAGE=1 platform/build/mixspike_platform nowhere >out 2>err || code=$?
  [ "$code" = 3 ] || fail "the platform: exit code $code"
  says err "nowhere is not a package"
fi

MIXSPIKE=$(echo "$work"/prefix/bin/mixspike)
run 0 --version
[ -d "$work/prefix/share/mixspike/analog-models" ] || fail "the models are not installed"
# Its own worker and models must do, wherever it was put.
run 0 doctor
says out "ngspice-" "bias lines"
run 0 netlist dpi16
says out "$work/prefix/share/mixspike/analog-models"
