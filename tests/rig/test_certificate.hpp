#pragma once

#include <string>

namespace rig {

// A fresh P-256 key and a certificate for `name` that it signed itself, as PEM files in a folder
// of its own, gone with this object. Owned by one test case.
class TestCertificate {
public:
    explicit TestCertificate(std::string const& name);
    ~TestCertificate();
    TestCertificate(TestCertificate const&) = delete;
    TestCertificate& operator=(TestCertificate const&) = delete;

    std::string const& certificate_file() const { return certificate_file_; }
    std::string const& key_file() const { return key_file_; }
    // Overwrites the files with a new key and certificate.
    void renew(std::string const& name) const;

private:
    std::string folder_;
    std::string certificate_file_;
    std::string key_file_;
};

}  // namespace rig
