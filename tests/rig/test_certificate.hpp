#pragma once

#include <string>

namespace rig {

// A fresh key and a certificate for `name` that it signed itself, as PEM files in a folder of its
// own, gone with this object. Owned by one test case.
class TestCertificate {
public:
    enum class Key { p256, rsa };

    explicit TestCertificate(std::string const& name, Key key = Key::p256);
    ~TestCertificate();
    TestCertificate(TestCertificate const&) = delete;
    TestCertificate& operator=(TestCertificate const&) = delete;

    std::string const& certificate_file() const { return certificate_file_; }
    std::string const& key_file() const { return key_file_; }
    // Overwrites the files with a new key of the same kind and its certificate.
    void renew(std::string const& name) const;

private:
    Key kind_;
    std::string folder_;
    std::string certificate_file_;
    std::string key_file_;
};

}  // namespace rig
