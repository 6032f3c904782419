# Everything comes from Debian 12's packages; tools/install-packages lists them.
set(Boost_NO_WARN_NEW_VERSIONS ON)
find_package(Boost 1.81 REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(Threads REQUIRED)
find_package(spdlog 1.10 REQUIRED)
find_package(CLI11 2.1 REQUIRED)
find_package(pugixml 1.12 REQUIRED)
# Not linked: app/config_file.cpp compiles the reader from its headers, without exceptions.
find_package(tomlplusplus 3.3 REQUIRED)
