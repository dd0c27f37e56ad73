#include "tests/rig/test_certificate.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <stdexcept>

namespace rig {

namespace {

constexpr long day_s = 86'400;
constexpr unsigned rsa_bits = 2048;

std::string make_folder() {
    auto pattern = (std::filesystem::temp_directory_path() / "hubbub-test-XXXXXX").string();
    if (!::mkdtemp(pattern.data())) {
        throw std::runtime_error("no temporary folder");
    }
    return pattern;
}

template <class Write>
void write_file(std::string const& path, Write write) {
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "w"),
                                                         &std::fclose);
    if (!file || write(file.get()) != 1) {
        throw std::runtime_error("can't write " + path);
    }
}

}  // namespace

TestCertificate::TestCertificate(std::string const& name, Key key)
    : kind_(key), folder_(make_folder()), certificate_file_(folder_ + "/cert.pem"),
      key_file_(folder_ + "/key.pem") {
    renew(name);
}

TestCertificate::~TestCertificate() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

void TestCertificate::renew(std::string const& name) const {
    auto* const made = kind_ == Key::rsa ? EVP_RSA_gen(rsa_bits) : EVP_EC_gen("P-256");
    std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key(made, &EVP_PKEY_free);
    std::unique_ptr<X509, void (*)(X509*)> certificate(X509_new(), &X509_free);
    X509_set_version(certificate.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -day_s);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), day_s);
    X509_set_pubkey(certificate.get(), key.get());
    auto* const subject = X509_get_subject_name(certificate.get());
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                               reinterpret_cast<unsigned char const*>(name.c_str()), -1, -1, 0);
    X509_set_issuer_name(certificate.get(), subject);
    X509_sign(certificate.get(), key.get(), EVP_sha256());
    write_file(certificate_file_,
               [&](std::FILE* file) { return PEM_write_X509(file, certificate.get()); });
    write_file(key_file_, [&](std::FILE* file) {
        return PEM_write_PrivateKey(file, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    });
}

}  // namespace rig
