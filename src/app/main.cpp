#include "s3proxy/app/run.hpp"

int main(int argc, char** argv) {
  return s3proxy::app::run(argc, argv);
}
